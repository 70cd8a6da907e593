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
      # A Redis server. Rows and cursor (`deltalake:cursor:NAME`) are written in one MULTI. A null is a field that is
      # not there.
      class Redis
        # Keys that SCAN looks at in one step, about.
        SCAN = 1_000
        private_constant :SCAN

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
          done = connected do |redis|
            redis.watch(@cursor_key) do
              if redis.get(@cursor_key) == batch.expected
                redis.multi { |transaction| write(transaction, batch) }
              else
                redis.unwatch
                nil
              end
            end
          end
          batch.taken_over! unless done
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

        def write(transaction, batch)
          transaction.del(*batch.deletes) unless batch.deletes.empty?
          put = @as == :hash ? :put_hash : :put_text
          batch.upserts.each { |key, row| send(put, transaction, key, row) }
          transaction.set(@cursor_key, batch.cursor)
        end

        # What was a field of the old row and is null now goes.
        def put_hash(transaction, key, row)
          transaction.del(key)
          fields = row.compact.flat_map { |name, value| [name.to_s, Values.text(value)] }
          transaction.hset(key, *fields) unless fields.empty?
        end

        def put_text(transaction, key, row)
          transaction.set(key, Values.json(row))
        end
      end
    end
  end
end
