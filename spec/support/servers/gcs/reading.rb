# frozen_string_literal: true

require "time"

module Servers
  module Gcs
    # What the API answers to those who read and list.
    module Reading
      # The body, or the part of it that is asked for, where the request's conditions are met.
      def read(request, stored)
        version = request.query["generation"]
        raise Objects::Missing if version && version != stored.generation.to_s

        headers = described(stored)
        status = unmet(request.headers, stored)
        return reply(status:, headers:) if status

        part(request.headers["range"], stored.body, headers)
      end

      def list(objects, bucket, query)
        token = query["continuation-token"]&.unpack1("m0")&.force_encoding(Encoding::UTF_8)
        prefix = query.fetch("prefix", "")
        page = objects.list(prefix:, delimiter: query["delimiter"], start_after: query.fetch("start-after", ""), token:,
                            limit: Integer(query.fetch("max-keys", "1000"), 10).clamp(1, 1000))
        xml("<ListBucketResult><Name>#{text(bucket)}</Name><Prefix>#{text(prefix)}</Prefix>#{entries(page)}" \
            "#{more(page.token)}</ListBucketResult>")
      end

      private

      def described(stored)
        { "etag" => stored.etag, "last-modified" => stored.modified.httpdate, "accept-ranges" => "bytes",
          "x-goog-generation" => stored.generation, "x-goog-metageneration" => 1,
          "x-goog-stored-content-length" => stored.body.bytesize, "content-type" => "application/octet-stream" }
      end

      def entries(page)
        found = page.objects.map { |stored| entry(stored) } + page.prefixes.map { |name| folder_entry(name) }
        "<KeyCount>#{found.size}</KeyCount>#{found.join}"
      end

      def more(token)
        "<IsTruncated>#{!token.nil?}</IsTruncated>" \
          "#{"<NextContinuationToken>#{[token].pack('m0')}</NextContinuationToken>" if token}"
      end

      def folder_entry(name)
        "<CommonPrefixes><Prefix>#{text(name)}</Prefix></CommonPrefixes>"
      end

      def entry(stored)
        "<Contents><Key>#{text(stored.key)}</Key><Generation>#{stored.generation}</Generation>" \
          "<MetaGeneration>1</MetaGeneration><LastModified>#{stored.modified.iso8601(3)}</LastModified>" \
          "<ETag>#{text(stored.etag)}</ETag><Size>#{stored.body.bytesize}</Size></Contents>"
      end

      # The status of a request whose conditions the object does not meet (RFC 9110, 13.2.2).
      def unmet(headers, stored)
        changed = ->(time) { Time.at(stored.modified.to_i) > Time.httpdate(time) }
        wanted, known = headers.values_at("if-match", "if-none-match")
        before, since = headers.values_at("if-unmodified-since", "if-modified-since")
        return 412 if wanted ? !named?(wanted, stored.etag) : before && changed.call(before)

        304 if known ? named?(known, stored.etag) : since && !changed.call(since)
      end

      def named?(list, etag)
        list == "*" || list.split(",").map(&:strip).include?(etag)
      end

      def part(range, body, headers)
        size = body.bytesize
        from, to = bounds(range.to_s, size)
        return reply(headers:, body:) unless from
        return reply(status: 416, headers: { "content-range" => "bytes */#{size}" }) if from >= size || from > to

        reply(status: 206, headers: { **headers, "content-range" => "bytes #{from}-#{to}/#{size}" },
              body: body.byteslice(from..to))
      end

      # The first and the last byte; nil where it is no range of ours, which is as if there were none.
      def bounds(range, size)
        first, last = range[/\Abytes=(\d*-\d*)\z/, 1].to_s.split("-", 2)
        return if "#{first}#{last}".empty?
        return [[size - last.to_i, 0].max, size - 1] if first.empty?

        [first.to_i, last.empty? ? size - 1 : [last.to_i, size - 1].min]
      end
    end
  end
end
