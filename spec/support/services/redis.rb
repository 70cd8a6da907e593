# frozen_string_literal: true

require_relative "../servers/server"

module Services
  # A Redis with a port and a folder of its own; it ends with the suite.
  class Redis < Servers::Server
    def self.missing
      found = ENV.fetch("PATH").split(":").any? { |folder| File.executable?(File.join(folder, "redis-server")) }
      "there is no redis-server: bin/test installs it, or apt-get install redis-server" unless found
    end

    # The one of this process.
    def self.running
      @running ||= new.start.tap { |redis| RSpec.configuration.after(:suite) { redis.stop } }
    end

    def url
      "redis://127.0.0.1:#{port}/0"
    end

    def create_bucket(_name); end

    private

    def command
      ["redis-server", "--port", port.to_s, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", @folder]
    end
  end
end
