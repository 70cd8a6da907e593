# frozen_string_literal: true

require_relative "s3"

module Servers
  # S3, DynamoDB and STS behind one port, in memory. It checks no signatures; its conditional puts hold.
  class Ministack < S3
    EXECUTABLE = File.join(FOLDER, "venv/bin/ministack")

    def self.missing
      "there is no ministack: script/servers.sh installs it, with Python 3 and venv" unless File.exist?(EXECUTABLE)
    end

    private

    def command
      [EXECUTABLE]
    end

    def environment
      { "BIND_HOST" => "127.0.0.1", "GATEWAY_PORT" => port.to_s, "AWS_EC2_METADATA_DISABLED" => "true" }
    end
  end
end
