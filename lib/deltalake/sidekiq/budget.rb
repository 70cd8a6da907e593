# frozen_string_literal: true

module DeltaLake
  module Sidekiq
    # Seconds that a job may take.
    # @api private
    class Budget
      # Where nobody says.
      SECONDS = 300

      # @param options [Hash{String => Object}]
      def initialize(options)
        unknown = options.keys - %w[storage deadline]
        raise ArgumentError, "options are storage and deadline, got #{unknown.join(', ')}" if unknown.any?

        @seconds = Arguments.deadline(options.fetch("deadline", SECONDS))
        @end = now + @seconds
      end

      # @return [Boolean]
      def left?
        @end > now
      end

      # @return [Float]
      # @raise [DeadlineExceededError]
      def left
        seconds = @end - now
        seconds.positive? ? seconds : raise(DeadlineExceededError, "the deadline of #{@seconds} s passed")
      end

      private

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
