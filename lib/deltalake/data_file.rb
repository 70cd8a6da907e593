# frozen_string_literal: true

require "json"
require_relative "value"

module DeltaLake
  # A Parquet file of a table. Frozen.
  class DataFile
    include Value

    # @return [String] below the table's folder; or an absolute URI, for files of elsewhere
    attr_reader :path
    # @return [Integer] in bytes
    attr_reader :size
    # @return [Integer, nil] how many rows it holds that are not deleted, where the log tells
    attr_reader :rows
    # @return [Integer] how many rows it holds that are deleted: by a deletion vector, and still in the file
    attr_reader :deleted_rows
    # @return [Hash{Symbol => Object}] the values that its rows have in the partition columns
    attr_reader :partition

    # @param file [Array] as the native classes give it
    # @api private
    def initialize(file)
      @path, @size, @rows, @deleted_rows, @partition, @stats_json, @modified_ms = file
      @partition.freeze
      freeze
    end

    # Read from the log's text whenever it is asked for: few who list files want it.
    #
    # @return [Hash{String => Object}, nil] statistics as they stand in the log: `"numRecords"` (deleted rows
    #   among them), `"minValues"`, `"maxValues"`, `"nullCount"`
    def stats
      statistics(@stats_json).freeze
    end

    # @return [Time] in UTC
    def modified_at
      Time.at(@modified_ms / 1000, @modified_ms % 1000, :millisecond, in: "UTC")
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
