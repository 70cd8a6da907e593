# frozen_string_literal: true

require "json"
require_relative "value"

module DeltaLake
  # A Parquet file of a table. Frozen. What the log says of it is turned into Ruby objects when it is asked for.
  class DataFile
    include Value

    # @param lot [Native::FileLot] holds the file's line of the log
    # @param index [Integer] its place there
    # @api private
    def initialize(lot, index)
      @lot = lot
      @index = index
      freeze
    end

    # @return [String] below the table's folder; or an absolute URI, for files of elsewhere
    def path
      @lot.path(@index)
    end

    # @return [Integer] in bytes
    def size
      @lot.bytes(@index)
    end

    # @return [Integer, nil] how many rows it holds that are not deleted, where the log tells
    def rows
      @lot.rows(@index)
    end

    # @return [Integer] how many rows it holds that are deleted: by a deletion vector, and still in the file
    def deleted_rows
      @lot.deleted_rows(@index)
    end

    # @return [Hash{Symbol => Object}] the values that its rows have in the partition columns
    # @raise [CorruptTableError] where the log has one that is not of the column's type
    def partition
      @lot.partition(@index).freeze
    end

    # Read from the log's text whenever it is asked for: few who list files want it.
    #
    # @return [Hash{String => Object}, nil] statistics as they stand in the log: `"numRecords"` (deleted rows
    #   among them), `"minValues"`, `"maxValues"`, `"nullCount"`
    def stats
      statistics(@lot.stats(@index)).freeze
    end

    # @return [Time] in UTC
    def modified_at
      modified_ms = @lot.modified_ms(@index)
      Time.at(modified_ms / 1000, modified_ms % 1000, :millisecond, in: "UTC")
    end

    # (see Value#to_h)
    def to_h
      { path:, size:, rows:, deleted_rows:, partition:, stats:, modified_at: }
    end

    private

    # Text that is no statistics says nothing, as for scans.
    def statistics(text)
      value = text && JSON.parse(text, max_nesting: Schema::DeltaJSON::MAX_NESTING)
      value if value.is_a?(Hash)
    rescue JSON::ParserError
      nil
    end

    def shown
      { path:, size:, rows:, partition: }
    end
  end
end
