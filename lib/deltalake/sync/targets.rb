# frozen_string_literal: true

require_relative "targets/active_record"
require_relative "targets/callable"
require_relative "targets/redis"

module DeltaLake
  class Sync
    # (see targets/callable.rb)
    module Targets
      # What a target has to have, at least.
      PROTOCOL = %i[cursor apply].freeze

      class << self
        # @param to [Object] as {Sync#initialize} takes it
        # @param name [String] of the sync
        # @param cursor [String, Pathname, nil] file of a callable's cursor
        # @return [Object] with `cursor` and `apply`
        # @api private
        def for(to, name:, cursor:)
          if cursor && !callable?(to)
            raise ArgumentError, "cursor is the file of a callable's cursor: #{to.class} keeps its own"
          end
          return to if PROTOCOL.all? { |method| to.respond_to?(method) }
          return ActiveRecord.new(to) if to.respond_to?(:upsert_all) && to.respond_to?(:columns_hash)
          return Redis.new(to, prefix: "#{name}:") if to.respond_to?(:hset) || to.respond_to?(:checkout)
          return Callable.new(to, cursor) if callable?(to)

          raise TypeError, "to must be an ActiveRecord model, a Redis client, something with call, or an object with " \
                           "cursor and apply, got #{to.class}"
        end

        private

        def callable?(to)
          to.respond_to?(:call) && !PROTOCOL.all? { |method| to.respond_to?(method) } && !to.respond_to?(:hset)
        end
      end
    end
  end
end
