# frozen_string_literal: true

require "digest"
require "securerandom"

module Servers
  module Gcs
    # Buckets of objects and of uploads under way, in memory. Every change is made and checked under one lock.
    class Objects
      Stored = Struct.new(:key, :body, :generation, :etag, :modified, keyword_init: true)
      Upload = Struct.new(:key, :parts, keyword_init: true)
      Page = Struct.new(:objects, :prefixes, :token, keyword_init: true)

      # No object of that name, or no upload.
      class Missing < StandardError; end
      # The object has another generation than the request's condition says.
      class Unmet < StandardError; end
      # The parts of an upload are not those that came.
      class WrongParts < StandardError; end

      MIN_PART_BYTES = 5 << 20

      def initialize
        @lock = Mutex.new
        @objects = {}
        @keys = []
        @uploads = {}
        @generation = (Time.now.to_f * 1_000_000).to_i
      end

      def get(key)
        @lock.synchronize { @objects[key] } or raise Missing
      end

      # @param if_generation [Integer, nil] the generation that must be there; 0 is none
      def put(key, body, if_generation: nil, etag: "\"#{Digest::MD5.hexdigest(body)}\"")
        @lock.synchronize do
          check(key, if_generation)
          store(key, body, etag)
        end
      end

      def delete(key, if_generation: nil)
        @lock.synchronize do
          check(key, if_generation)
          @keys.delete_at(place(key)) if @objects.key?(key)
          @objects.delete(key)
        end or raise Missing
      end

      def start_upload(key)
        SecureRandom.hex(20).tap { |id| @lock.synchronize { @uploads[id] = Upload.new(key:, parts: {}) } }
      end

      # @return [String] the part's ETag
      def put_part(key, id, number, body)
        etag = "\"#{Digest::MD5.hexdigest(body)}\""
        @lock.synchronize { upload(key, id).parts[number] = [etag, body] }
        etag
      end

      def abort_upload(key, id)
        @lock.synchronize { upload(key, id) && @uploads.delete(id) }
      end

      # @param named [Array<(Integer, String)>] numbers and ETags of the parts, in order
      def complete_upload(key, id, named, if_generation: nil)
        @lock.synchronize do
          bodies = parts(upload(key, id), named)
          check(key, if_generation)
          @uploads.delete(id)
          etag = "\"#{Digest::MD5.hexdigest(named.flatten.join)}-#{named.size}\""
          store(key, bodies.join, etag)
        end
      end

      def uploads
        @lock.synchronize { @uploads.values.map(&:key) }
      end

      # Objects and, with a delimiter, what stands for all those behind it, in the order of their bytes.
      def list(prefix: "", delimiter: nil, start_after: "", token: nil, limit: 1000)
        after = token || start_after
        entries = below(prefix, after).map { |object| folder(object, prefix, delimiter) || object }
                                      .uniq { |entry| entry.is_a?(String) ? entry : entry.key }
        # A page that ended with a folder goes on behind all that is in it.
        entries.shift if token&.end_with?(delimiter.to_s) && entries.first == token
        page(entries, limit)
      end

      private

      def below(prefix, after)
        @lock.synchronize do
          found = @keys.drop(place([prefix, after].max)).take_while { |key| key.start_with?(prefix) }
          found.shift if found.first == after
          @objects.values_at(*found)
        end
      end

      # Where the key stands among the sorted ones, or would.
      def place(key)
        @keys.bsearch_index { |known| known >= key } || @keys.size
      end

      def page(entries, limit)
        taken = entries.take(limit)
        prefixes, objects = taken.partition { |entry| entry.is_a?(String) }
        last = prefixes.last == taken.last ? prefixes.last : taken.last&.key
        Page.new(objects:, prefixes:, token: (last if entries.size > limit))
      end

      def folder(object, prefix, delimiter)
        cut = delimiter && object.key.index(delimiter, prefix.size)
        cut && object.key[0, cut + delimiter.size]
      end

      def check(key, if_generation)
        raise Unmet if if_generation && (@objects[key]&.generation || 0) != if_generation
      end

      def store(key, body, etag)
        @keys.insert(place(key), key) unless @objects.key?(key)
        @objects[key] = Stored.new(key:, body: body.freeze, generation: @generation += 1, etag:, modified: Time.now.utc)
      end

      def upload(key, id)
        upload = @uploads[id]
        upload&.key == key ? upload : raise(Missing)
      end

      def parts(upload, named)
        numbers = named.map(&:first)
        raise WrongParts, "their numbers do not rise" unless numbers == numbers.uniq.sort && numbers.any?

        bodies = named.map do |number, etag|
          upload.parts.fetch(number, []).then do |known, body|
            known == etag && body
          end
        end
        raise WrongParts, "one has another ETag" unless bodies.all?
        raise WrongParts, "one is too small" if bodies[0..-2].any? { |body| body.bytesize < MIN_PART_BYTES }

        bodies
      end
    end
  end
end
