# frozen_string_literal: true

require "digest"
require "openssl"
require_relative "server"

module Servers
  # What servers of S3 have in common: addresses, options, requests signed with Signature Version 4, listings.
  class S3 < Server
    KEY = "test"
    SECRET = "testsecret"
    REGION = "us-east-1"

    def uri(path, bucket = BUCKET)
      "s3://#{bucket}/#{path}"
    end

    # Options of a table's store, by the names that the field uses.
    def storage
      { "aws_endpoint" => endpoint, "aws_allow_http" => "true", "aws_region" => REGION,
        "aws_access_key_id" => KEY, "aws_secret_access_key" => SECRET }
    end

    private

    def sign(request, uri, body, query)
      time = Time.now.utc.strftime("%Y%m%dT%H%M%SZ")
      headers = { "host" => "#{uri.host}:#{uri.port}", "x-amz-content-sha256" => Digest::SHA256.hexdigest(body),
                  "x-amz-date" => time }
      headers.each { |name, value| request[name] = value }
      signed = headers.keys.join(";")
      canonical = [request.method, uri.path, canonical_query(query), *headers.map { |pair| pair.join(":") }, "", signed,
                   headers["x-amz-content-sha256"]].join("\n")
      request["authorization"] = authorization(time, signed, canonical)
    end

    def authorization(time, signed, canonical)
      scope = "#{time[0, 8]}/#{REGION}/s3/aws4_request"
      text = ["AWS4-HMAC-SHA256", time, scope, Digest::SHA256.hexdigest(canonical)].join("\n")
      "AWS4-HMAC-SHA256 Credential=#{KEY}/#{scope}, SignedHeaders=#{signed}, " \
        "Signature=#{hmac(signing_key(scope), text).unpack1('H*')}"
    end

    def canonical_query(query)
      query.sort.map { |pair| pair.map { |text| escape(text).gsub("/", "%2F") }.join("=") }.join("&")
    end

    def signing_key(scope)
      scope.split("/").reduce("AWS4#{SECRET}") { |key, part| hmac(key, part) }
    end

    def hmac(key, text)
      OpenSSL::HMAC.digest("SHA256", key, text)
    end
  end
end
