# frozen_string_literal: true

module DeltaLake
  class Sync
    # Seconds that a run may still take.
    # @api private
    class Deadline
      # @param seconds [Numeric, nil]
      def initialize(seconds)
        @seconds = Arguments.deadline(seconds)
        @end = @seconds && (now + @seconds)
      end

      # @return [Float, nil]
      # @raise [DeadlineExceededError] where it has passed
      def left
        return if @end.nil?

        seconds = @end - now
        return seconds if seconds.positive?

        raise DeadlineExceededError, "the deadline of #{@seconds} s passed: the next run goes on from here"
      end

      private

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
