# frozen_string_literal: true

require_relative "value"

module DeltaLake
  # What a write has done. Frozen.
  class Commit
    include Value

    # @return [Integer] version of the table that the write made; where it was skipped, the one that the table has
    attr_reader :version
    # @return [Integer] rows written
    attr_reader :rows
    # @return [Integer] data files written
    attr_reader :files
    # @return [Integer] bytes of those files
    attr_reader :bytes
    # @return [Integer] how often the commit was tried, where other writers were quicker; 0 where it was skipped
    attr_reader :attempts
    # @return [Float] seconds that the call took
    attr_reader :duration
    # @return [Hash{Symbol => Numeric, Hash}] `bad_rows`: rows that `on_bad_row` was called with; `write_seconds`:
    #   conversion, encoding and upload; `commit_seconds`: the last files and the commit; `requests`: how often the
    #   store was asked, a Hash of `get`, `put`, `list`, `head`, `delete` and `other`, where a commit that appends share
    #   counts for each of them; `bytes_sent` and `bytes_received`; `retries`: how many of the requests were made
    #   again. On a local disk a request is a file or folder that is read or written
    attr_reader :metrics

    # For what ends before the store is asked.
    # @api private
    NOTHING_ASKED = {
      requests: %i[get put list head delete other].to_h { |kind| [kind, 0] }.freeze,
      bytes_sent: 0, bytes_received: 0, retries: 0
    }.freeze

    # @api private
    def initialize(version:, rows:, files:, bytes:, attempts:, skipped:, duration:, metrics:)
      @version = version
      @rows = rows
      @files = files
      @bytes = bytes
      @attempts = attempts
      @skipped = skipped
      @duration = duration
      @metrics = metrics.freeze
      freeze
    end

    # @return [Boolean] whether no version was made: its `once:` or `txn:` was in the table already, or there were no
    #   rows
    def skipped?
      @skipped
    end

    private

    def shown
      { version:, rows:, files:, bytes:, attempts:, skipped: skipped? }
    end
  end
end
