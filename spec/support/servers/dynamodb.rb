# frozen_string_literal: true

require "json"
require_relative "ministack"

module Servers
  # The same server, for tables whose commits have entries in its DynamoDB.
  class DynamoDB < Ministack
    TABLE = "delta_log"

    def storage
      super.merge("log_store" => "dynamodb", "dynamodb_table" => TABLE, "dynamodb_endpoint" => endpoint)
    end

    # The answer to an operation of DynamoDB. This server asks for no signature.
    def dynamodb(operation, **body)
      scope = "#{KEY}/20250101/#{REGION}/dynamodb/aws4_request"
      headers = { "x-amz-target" => "DynamoDB_20120810.#{operation}", "content-type" => "application/x-amz-json-1.0",
                  "authorization" => "AWS4-HMAC-SHA256 Credential=#{scope}, SignedHeaders=host, Signature=0" }
      answer = Net::HTTP.post(URI(endpoint), JSON.generate(body), headers)
      answer.is_a?(Net::HTTPSuccess) ? JSON.parse(answer.body) : raise("#{operation}: #{answer.code} #{answer.body}")
    end

    # Entries of a table by the names of their files: whether they are complete, and where their commits were.
    def entries(uri)
      found = dynamodb("Query", TableName: TABLE, ConsistentRead: true, KeyConditionExpression: "tablePath = :path",
                                ExpressionAttributeValues: { ":path" => { "S" => uri } })
      items = found.fetch("Items").map { |item| item.transform_values { |value| value.values.first } }
      items.to_h { |item| [item["fileName"], item] }
    end
  end
end
