# frozen_string_literal: true

require_relative "../value"

module DeltaLake
  class Export
    # What a run has done. Frozen.
    class Result
      include Value

      # @return [Integer] rows appended
      attr_reader :rows
      # @return [Integer] versions made
      attr_reader :commits
      # @return [Time, nil] rows up to here were in the table before; nil before the first run
      attr_reader :from
      # @return [Time, nil] rows up to here are in it now
      attr_reader :to
      # @return [Integer] version of the table
      attr_reader :version
      # @return [Float] seconds that the run took
      attr_reader :duration

      # @api private
      def initialize(rows:, commits:, from:, to:, version:, duration:)
        @rows = rows
        @commits = commits
        @from = from
        @to = to
        @version = version
        @duration = duration
        freeze
      end
    end
  end
end
