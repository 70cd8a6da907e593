# frozen_string_literal: true

require "openssl"
require "time"
require_relative "server"

module Servers
  # Azure's blobs, in memory.
  class Azurite < Server
    EXECUTABLE = File.join(FOLDER, "npm/node_modules/.bin/azurite-blob")
    # The account that every Azurite has; the key is public.
    ACCOUNT = "devstoreaccount1"
    KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    SIGNED = %w[content-encoding content-language content-length content-md5 content-type date if-modified-since
                if-match if-none-match if-unmodified-since range].freeze

    def self.missing
      "there is no Azurite: script/servers.sh installs it, with npm and Node.js 20" unless File.exist?(EXECUTABLE)
    end

    def uri(path, bucket = BUCKET)
      "az://#{bucket}/#{path}"
    end

    def storage
      { "azure_storage_endpoint" => "#{endpoint}/#{ACCOUNT}", "azure_allow_http" => "true",
        "azure_storage_account_name" => ACCOUNT, "azure_storage_account_key" => KEY }
    end

    def create_bucket(name)
      request(:put, "/#{name}", query: { "restype" => "container" })
    end

    def put(key, bytes, bucket = BUCKET)
      request(:put, "/#{bucket}/#{key}", bytes, headers: { "x-ms-blob-type" => "BlockBlob" })
    end

    private

    def list(prefix, bucket, marker)
      query = { "restype" => "container", "comp" => "list", "prefix" => prefix, "marker" => marker }.compact
      texts(request(:get, "/#{bucket}", query: query).body, "Name", "NextMarker")
    end

    def command
      [EXECUTABLE, "--silent", "--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort", port.to_s,
       "--disableTelemetry", "--skipApiVersionCheck"]
    end

    def path_prefix
      "/#{ACCOUNT}"
    end

    # Shared Key: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    def sign(request, uri, body, query)
      request["x-ms-date"] = Time.now.httpdate
      request["x-ms-version"] = "2021-08-06"
      request["content-type"] = "application/octet-stream" if request.request_body_permitted?
      text = [request.method, *plain_headers(request, body), *own_headers(request), "/#{ACCOUNT}#{uri.path}",
              *query.sort.map { |pair| pair.join(":") }].join("\n")
      signature = OpenSSL::HMAC.digest("SHA256", KEY.unpack1("m"), text)
      request["authorization"] = "SharedKey #{ACCOUNT}:#{[signature].pack('m0')}"
    end

    def plain_headers(request, body)
      SIGNED.map { |name| name == "content-length" ? (body.bytesize if body != "") : request[name] }
    end

    def own_headers(request)
      request.each_header.select { |name, _| name.start_with?("x-ms-") }.sort.map { |pair| pair.join(":") }
    end
  end
end
