# frozen_string_literal: true

require "json"
require "rbconfig"
require_relative "server"

module Servers
  # The suite's own: none that can be installed has the XML API of Google Cloud Storage that clients write by.
  class CloudStorage < Server
    MAIN = File.expand_path("gcs/main.rb", __dir__)

    def uri(path, bucket = BUCKET)
      "gs://#{bucket}/#{path}"
    end

    def storage
      account = { gcs_base_url: endpoint, disable_oauth: true, client_email: "", private_key: "", private_key_id: "" }
      { "google_service_account_key" => JSON.generate(account) }
    end

    private

    def command
      [RbConfig.ruby, MAIN, port.to_s]
    end
  end
end
