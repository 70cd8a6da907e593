# frozen_string_literal: true

module DeltaLake
  # The time by which durations and deadlines go: nobody sets it.
  # @api private
  module Clock
    # @return [Float] seconds
    def self.now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
