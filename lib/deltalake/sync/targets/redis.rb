# frozen_string_literal: true

require_relative "../values"

module DeltaLake
  # (see sync.rb)
  class Sync
    # A target in Redis: rows as hashes or as strings of JSON, by key.
    #
    # @example
    #   DeltaLake::Sync.new(table, to: DeltaLake::Sync.redis(redis, prefix: "users:"), name: "users").run
    # @param redis [Redis, #with] a client of the gem `redis`, or a ConnectionPool of them
    # @param prefix [String] of all keys; nobody else may write such
    # @param as [Symbol] `:hash` or `:string`
    # @return [Targets::Redis]
    def self.redis(redis, prefix:, as: :hash)
      Targets::Redis.new(redis, prefix:, as:)
    end

    module Targets
      # A Redis server. Rows and cursor (`deltalake:cursor:NAME`) are written by one script, which looks at the cursor
      # first. A null is a field that is not there.
      class Redis
        # Keys that SCAN looks at in one step, about.
        SCAN = 1_000
        # A client that loses its connection sends again what it has sent, and a WATCH is lost with a connection: so
        # look and write are one command. Where it finds the batch's own cursor, it was here before.
        WRITE = <<~LUA
          local cursor = redis.call('GET', KEYS[1])
          local expected = ARGV[1] == '1' and ARGV[2]
          if cursor ~= expected then return cursor == ARGV[3] and 1 or 0 end
          local deletes = tonumber(ARGV[4])
          local at = 6
          for i = 2, #KEYS do
            redis.call('DEL', KEYS[i])
            if i > deletes + 1 then
              local last = at + tonumber(ARGV[at])
              -- What Lua can unpack at once is bounded.
              for first = at + 1, last, 4000 do
                redis.call(ARGV[5], KEYS[i], unpack(ARGV, first, math.min(first + 3999, last)))
              end
              at = last + 1
            end
          end
          redis.call('SET', KEYS[1], ARGV[3])
          return 1
        LUA
        private_constant :SCAN, :WRITE

        # @param redis [Redis, #with]
        # @param prefix [String]
        # @param as [Symbol]
        def initialize(redis, prefix:, as: :hash)
          raise ArgumentError, "prefix is empty: all keys of the server would be those of the sync" if prefix.empty?

          @redis = redis
          @prefix = prefix
          @as = Arguments.one_of(:as, as, %i[hash string])
        end

        # @param name [String] of the sync
        def bind(name:, **)
          @cursor_key = "deltalake:cursor:#{name}"
          return unless @cursor_key.start_with?(@prefix)

          raise ArgumentError, "prefix #{@prefix.inspect} takes in the key of the cursor, #{@cursor_key}: choose " \
                               "another"
        end

        # @return [Array<String>]
        def identity
          [@prefix, @as.name]
        end

        # @return [String, nil]
        def cursor
          connected { |redis| redis.get(@cursor_key) }
        end

        # @param batch [Batch]
        def apply(batch)
          keys = [@cursor_key, *batch.deletes, *batch.upserts.keys]
          head = [batch.expected ? "1" : "0", batch.expected.to_s, batch.cursor, batch.deletes.size.to_s,
                  @as == :hash ? "HSET" : "SET"]
          rows = batch.upserts.each_value.flat_map { |row| arguments(row) }
          batch.taken_over! unless connected { |redis| redis.eval(WRITE, keys, head + rows) } == 1
        end

        # @return [String] the key in Redis, as bytes. Parts of it are told apart by a colon, and one within a part is
        #   `%3A`
        def key(value)
          return @prefix.b + Values.text(value).b unless value.is_a?(Array)

          @prefix.b + value.map { |part| Values.text(part).b.gsub(/[%:]/) { |c| format("%%%02X", c.ord) } }.join(":")
        end

        # Keys may come twice, as SCAN gives them. The client says of their encoding what the locale says.
        #
        # @yieldparam keys [Array<String>]
        def each_key(_size)
          pattern = "#{@prefix.b.gsub(/[*?\[\]\\]/) { |c| "\\#{c}" }}*"
          position = "0"
          loop do
            position, keys = connected { |redis| redis.scan(position, match: pattern, count: SCAN) }
            yield keys.map(&:b) unless keys.empty?
            break if position == "0"
          end
        end

        private

        # ActiveSupport gives a `with` of another kind to every object.
        def connected(&block)
          @redis.respond_to?(:hset) ? yield(@redis) : @redis.with(&block)
        end

        # @return [Array<String>] how many there are, and fields and values or the text
        def arguments(row)
          return ["1", Values.json(row)] if @as == :string

          fields = row.compact.flat_map { |name, value| [name.to_s, Values.text(value)] }
          fields.unshift(fields.size.to_s)
        end
      end
    end
  end
end
