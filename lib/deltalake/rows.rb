# frozen_string_literal: true

require_relative "arrow_stream"
require_relative "data_file"
require_relative "row_stream"

module DeltaLake
  # Reading what a native scan stands for: rows one by one, in Arrays, as columns and as an Arrow stream.
  module Rows
    include Enumerable

    # Rows that are fetched at once where nobody asks for a number.
    BATCH = 1_000

    # @return [Schema] of the rows
    def schema
      Schema.from_json(@native.schema_json)
    end

    # Calls the block with each row, a Hash with Symbol keys.
    #
    # @param deadline [Numeric, nil] most seconds to take, the block's included
    # @yieldparam row [Hash{Symbol => Object}]
    # @return [self, Enumerator] an Enumerator without a block
    def each(deadline: nil, &block)
      return to_enum(:each, deadline:) unless block

      stream(deadline) { |stream| stream.each_batch(BATCH) { |rows| rows.each(&block) } }
      self
    end

    # Calls the block with Arrays of rows.
    #
    # @param size [Integer] most rows of an Array
    # @param deadline [Numeric, nil] most seconds to take, the block's included
    # @yieldparam rows [Array<Hash{Symbol => Object}>] never empty
    # @return [self, Enumerator] an Enumerator without a block
    def each_batch(size: BATCH, deadline: nil, &block)
      size = Arguments.positive(:size, size)
      return to_enum(:each_batch, size:, deadline:) unless block

      stream(deadline) { |stream| stream.each_batch(size, &block) }
      self
    end

    # As {#each_batch}, with an Array for each column in place of a Hash for each row.
    #
    # @yieldparam columns [Array<Array>] in the order of the schema
    # @api private
    def each_columns(size:, deadline: nil, &block)
      stream(deadline) { |stream| stream.each_columns(size, &block) }
    end

    # @param deadline [Numeric, nil] most seconds to take
    # @return [Array<Hash{Symbol => Object}>]
    def to_a(deadline: nil)
      all = []
      stream(deadline) { |stream| stream.each_batch(BATCH) { |rows| all.concat(rows) } }
      all
    end
    alias entries to_a

    # How many rows there are: from the log alone where it tells. With an argument or a block, Enumerable's.
    #
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Integer]
    def count(*args, deadline: nil, &block)
      return super(*args, &block) if block || !args.empty?

      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:count, source, version: source.version) { @native.count(deadline) }
    end

    # @param deadline [Numeric, nil] most seconds to take
    # @return [Hash{Symbol => Array}] all values of each column
    def to_columns(deadline: nil)
      schema.names.zip(column_values(deadline)).to_h
    end

    # The rows as an Arrow C stream, which Polars, red-arrow and DuckDB read without a Ruby object for any value. Files
    # are read as batches are asked for.
    #
    # @example
    #   Polars::DataFrame.new(table.where(country: "FR"))
    #   Arrow::RecordBatchReader.import(table.arrow_c_stream.to_i)
    # @param deadline [Numeric, nil] most seconds to take, from now to the last batch
    # @return [ArrowStream]
    def arrow_c_stream(deadline: nil)
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:arrow_c_stream, source, version: source.version) do
        ArrowStream.new(@native.arrow_stream(deadline))
      end
    end

    # The files that would be read.
    #
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Enumerator::Lazy<DataFile>]
    def files(deadline: nil)
      native = @native
      deadline = Arguments.deadline(deadline)
      Enumerator.new do |files|
        stream = native.files(deadline)
        while (lot = stream.next)
          lot.length.times { |index| files << DataFile.new(lot, index) }
        end
      end.lazy
    end

    protected

    # All values, an Array for each column.
    def column_values(deadline)
      all = schema.names.map { [] }
      stream(deadline) do |stream|
        stream.each_columns(BATCH) { |columns| columns.each_with_index { |values, i| all[i].concat(values) } }
      end
      all
    end

    private

    # Of what rows are read: something with `uri` and `version`.
    def source
      raise NotImplementedError
    end

    def stream(deadline, &block)
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell_enumeration(:scan, source) do |seen|
        RowStream.open(@native.stream(deadline), seen, &block)
      end
    end
  end
end
