# frozen_string_literal: true

require "cgi"
require_relative "http"
require_relative "objects"
require_relative "reading"

module Servers
  module Gcs
    # The XML API of Google Cloud Storage, as far as clients of tables use it:
    # https://cloud.google.com/storage/docs/xml-api/reference-methods
    class Api
      include Reading

      ERRORS = { Objects::Missing => [404, "NoSuchKey"], Objects::Unmet => [412, "PreconditionFailed"],
                 Objects::WrongParts => [400, "InvalidPart"], KeyError => [404, "NoSuchBucket"],
                 ArgumentError => [400, "InvalidArgument"] }.freeze

      def initialize
        @buckets = {}
      end

      def call(request)
        _, bucket, key = request.path.split("/", 3)
        return on_bucket(request, bucket) if key.to_s.empty?

        on_object(request, @buckets.fetch(bucket), key)
      rescue *ERRORS.keys => e
        status, code = ERRORS.find { |kind, _| e.is_a?(kind) }.last
        xml("<Error><Code>#{code}</Code><Message>#{text(e.message)}</Message></Error>", status: status)
      end

      private

      def on_bucket(request, name)
        case request.verb
        when "PUT" then create(name)
        when "GET" then list(@buckets.fetch(name), name, request.query)
        when "HEAD" then @buckets.fetch(name) && reply
        else reply(status: 405)
        end
      end

      def create(name)
        return xml("<Error><Code>BucketAlreadyOwnedByYou</Code></Error>", status: 409) if @buckets.key?(name)

        @buckets = @buckets.merge(name => Objects.new)
        reply
      end

      def on_object(request, objects, key)
        case request.verb
        when "GET", "HEAD" then read(request, objects.get(key))
        when "PUT" then put(request, objects, key)
        when "POST" then post(request, objects, key)
        when "DELETE" then delete(request, objects, key)
        else reply(status: 405)
        end
      end

      def put(request, objects, key)
        if (id = request.query["uploadId"])
          number = Integer(request.query.fetch("partNumber") { raise ArgumentError, "no partNumber" }, 10)
          return reply(headers: { "etag" => objects.put_part(key, id, number, request.body) })
        end
        return copy(request, objects, key) if request.headers["x-goog-copy-source"]

        written(objects.put(key, request.body, if_generation: generation(request)))
      end

      def copy(request, objects, key)
        from, source = Http.unescape(request.headers["x-goog-copy-source"]).delete_prefix("/").split("/", 2)
        body = @buckets.fetch(from).get(source).body
        stored = objects.put(key, body, if_generation: generation(request))
        answer = "<CopyObjectResult><LastModified>#{stored.modified.iso8601(3)}</LastModified>" \
                 "<ETag>#{text(stored.etag)}</ETag></CopyObjectResult>"
        xml(answer, headers: { "x-goog-generation" => stored.generation })
      end

      def post(request, objects, key)
        if request.query.key?("uploads")
          id = objects.start_upload(key)
          return xml("<InitiateMultipartUploadResult><Key>#{text(key)}</Key><UploadId>#{id}</UploadId>" \
                     "</InitiateMultipartUploadResult>")
        end
        id = request.query.fetch("uploadId") { raise ArgumentError, "neither uploads nor uploadId" }
        stored = objects.complete_upload(key, id, parts(request.body), if_generation: generation(request))
        xml("<CompleteMultipartUploadResult><Key>#{text(key)}</Key><ETag>#{text(stored.etag)}</ETag>" \
            "</CompleteMultipartUploadResult>", headers: { "x-goog-generation" => stored.generation })
      end

      def parts(body)
        body.force_encoding(Encoding::UTF_8).scan(%r{<Part>(.*?)</Part>}m).map do |(part)|
          number = part[%r{<PartNumber>\s*(\d+)\s*</PartNumber>}, 1] or raise ArgumentError, "a part without a number"
          etag = part[%r{<ETag>\s*(.*?)\s*</ETag>}m, 1] or raise ArgumentError, "a part without an ETag"
          [Integer(number, 10), CGI.unescapeHTML(etag)]
        end
      end

      def delete(request, objects, key)
        id = request.query["uploadId"]
        id ? objects.abort_upload(key, id) : objects.delete(key, if_generation: generation(request))
        reply(status: 204)
      end

      def written(stored)
        reply(headers: { "etag" => stored.etag, "x-goog-generation" => stored.generation })
      end

      def generation(request)
        request.headers["x-goog-if-generation-match"]&.then { |value| Integer(value, 10) }
      end

      def reply(status: 200, headers: {}, body: "")
        Http::Response.new(status:, headers:, body:)
      end

      def xml(body, status: 200, headers: {})
        reply(status:, headers: { "content-type" => "application/xml; charset=UTF-8", **headers },
              body: "<?xml version='1.0' encoding='UTF-8'?>#{body}")
      end

      def text(value)
        CGI.escapeHTML(value.dup.force_encoding(Encoding::UTF_8))
      end
    end
  end
end
