# frozen_string_literal: true

require_relative "../value"

module DeltaLake
  class Sync
    # What a run has done. Frozen.
    class Result
      include Value

      # @return [Symbol] `:full`, `:changes` or `:difference`, of the last step that was taken; `:none` where the target
      #   had the newest version already
      attr_reader :mode
      # @return [Integer, nil] version that the target had; nil where it had none
      attr_reader :from_version
      # @return [Integer] version that it has
      attr_reader :to_version
      # @return [Integer] rows inserted or replaced
      attr_reader :upserted
      # @return [Integer] keys deleted
      attr_reader :deleted
      # @return [Integer] rows that were read to find that out
      attr_reader :rows_read
      # @return [Integer] data files that were read for it; change files are not among them
      attr_reader :files_read
      # @return [Float] seconds that the run took
      attr_reader :duration
      # @return [Symbol, nil] why all of it was copied again, as {SyncGapError#reason} has it
      attr_reader :resynced

      # @api private
      def initialize(mode:, from_version:, to_version:, upserted:, deleted:, rows_read:, files_read:, duration:,
                     resynced: nil)
        @mode = mode
        @from_version = from_version
        @to_version = to_version
        @upserted = upserted
        @deleted = deleted
        @rows_read = rows_read
        @files_read = files_read
        @duration = duration
        @resynced = resynced
        freeze
      end
    end
  end
end
