# frozen_string_literal: true

module DeltaLake
  module Sidekiq
    # Rows of a {RePushJob} that the table has refused, by their places, as Redis knows them: a hash. Said before the
    # others are committed, and never taken back: in each run of the job the same rows are left out, whatever the table
    # takes by then.
    # @api private
    class SetAside
      # Seconds that it is known: longer than Sidekiq keeps the job, dead or alive.
      KEPT = 365 * 86_400
      # Where it says that these rows have jobs of their own.
      PUSHED = "pushed"
      private_constant :KEPT, :PUSHED

      # @param key [String] of the job's append
      def initialize(key)
        @name = "deltalake:set-aside:#{key}"
      end

      # @return [Array<Integer>]
      def places
        (fields - [PUSHED]).map { |place| Integer(place, 10) }.sort
      end

      # @param place [Integer]
      def add(place)
        call("HSETNX", place, 1)
        call("EXPIRE", KEPT)
      end

      # The block gives them jobs. Where it was cut short, it may do so again.
      #
      # @yieldparam places [Array<Integer>]
      def push_once
        return if (places = self.places).empty? || fields.include?(PUSHED)

        yield places
        call("HSETNX", PUSHED, 1)
      end

      private

      def fields
        call("HKEYS")
      end

      def call(command, *arguments)
        ::Sidekiq.redis { |redis| redis.call(command, @name, *arguments.map(&:to_s)) }
      end
    end
  end
end
