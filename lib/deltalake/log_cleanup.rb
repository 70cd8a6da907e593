# frozen_string_literal: true

require_relative "value"

module DeltaLake
  # What {Table#clean_log} has done. Frozen.
  class LogCleanup
    include Value

    # @return [Integer] files of the log that were deleted
    attr_reader :files
    # @return [Integer] their bytes
    attr_reader :bytes
    # @return [Float] seconds that the call took
    attr_reader :duration

    # @api private
    def initialize(files:, bytes:, more:, duration:)
      @files = files
      @bytes = bytes
      @more = more
      @duration = duration
      freeze
    end

    # @return [Boolean] whether more has expired than was deleted: call it again
    def more?
      @more
    end
  end
end
