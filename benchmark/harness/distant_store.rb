# frozen_string_literal: true

require "json"
require "securerandom"
require_relative "../../spec/support/servers/recorder"
require_relative "../../spec/support/servers/seaweedfs"

module Comparison
  # An object store on this machine, and in front of it what makes each request take as long as one to a store that is
  # far away. Requests on different connections do not wait for each other.
  class DistantStore
    INSTALL = File.expand_path("../../script/servers.sh", __dir__)

    # For the block, which gets it.
    # @param delay [Float] seconds that each request takes more
    def self.run(delay)
      store = new(delay)
      yield store
    ensure
      store&.stop
    end

    def initialize(delay)
      system(INSTALL, out: :err) if Servers::Seaweedfs.missing
      @server = Servers::Seaweedfs.new.start
      @recorder = Servers::Recorder.new(@server.port, delay: delay).start
    end

    # A copy of a table in a folder.
    # @return [String] its address
    def put(folder)
      key = SecureRandom.hex(8)
      @server.put_folder(folder, key)
      @server.uri(key)
    end

    # What processes of both sides find their options in.
    def environment
      { "BENCH_STORAGE" => JSON.generate(storage) }
    end

    # What the block returns, and how many requests were made meanwhile.
    def asked
      @recorder.take
      [yield, @recorder.take.first.size]
    end

    def stop
      @recorder&.stop
      @server.stop
    end

    private

    def storage
      @server.storage.merge("aws_endpoint" => "http://127.0.0.1:#{@recorder.port}")
    end
  end
end
