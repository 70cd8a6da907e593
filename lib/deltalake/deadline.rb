# frozen_string_literal: true

require_relative "arguments"
require_relative "clock"
require_relative "errors"

module DeltaLake
  # Seconds that work of several calls may still take.
  # @api private
  class Deadline
    # @param seconds [Numeric, nil] nil for as long as it takes
    # @param hint [String] what becomes of the work where it passes
    def initialize(seconds, hint: "")
      @seconds = Arguments.deadline(seconds)
      @hint = hint
      @end = @seconds && (Clock.now + @seconds)
    end

    # @return [Boolean]
    def left?
      @end.nil? || @end > Clock.now
    end

    # @return [Float, nil]
    # @raise [DeadlineExceededError] where it has passed
    def left
      return if @end.nil?

      seconds = @end - Clock.now
      seconds.positive? ? seconds : raise(DeadlineExceededError, "the deadline of #{@seconds} s passed#{@hint}")
    end
  end
end
