# frozen_string_literal: true

require_relative "arrow_stream"
require_relative "conditions"
require_relative "data_file"
require_relative "row_stream"

module DeltaLake
  # Rows of a table at one version: some of its columns, the rows that meet conditions, and so many of them.
  #
  # A scan is frozen: every method that narrows it returns another. It reads when it is asked for rows, each time anew,
  # and only the files that can hold such rows. Threads may share one; a scan survives a fork, an iteration does not.
  #
  # @example
  #   scan = table.where(country: %w[US CA], date: Date.new(2026, 1, 1)..).select(:id, :price)
  #   scan.count
  #   scan.each { |row| puts row[:id] }
  class Scan
    include Enumerable

    # Rows that are fetched at once where nobody asks for a number.
    BATCH = 1_000

    # What a scan is narrowed to.
    # @api private
    Options = Struct.new(:columns, :conditions, :limit)

    # @param snapshot [Native::Snapshot]
    # @param options [Options]
    # @api private
    def initialize(snapshot, options = Options.new(nil, [], nil).freeze)
      @snapshot = snapshot
      @options = options
      @native = snapshot.scan(options.columns, options.conditions, options.limit)
      freeze
    end

    # The rows that also meet these conditions. Nested Hashes reach into structs.
    #
    # @example
    #   where(country: "FR")                        # equal
    #   where(country: %w[US CA], deleted_at: nil)  # any of these, and null
    #   where(price: 10.., date: from...to)         # ranges
    #   where(address: { city: "Paris" })           # a field of a struct
    # @param conditions [Hash{Symbol, String => Object}]
    # @return [Scan]
    # @raise [ArgumentError] for an unknown column, or a value that its type cannot be compared with
    def where(conditions)
      raise TypeError, "where takes a Hash of columns and values, got #{conditions.class}" unless conditions.is_a?(Hash)

      with(conditions: @options.conditions + Conditions.from(conditions))
    end

    # Only these columns, in this order; another `select` replaces it. With a block, Enumerable's: an Array of the rows
    # for which the block is true.
    #
    # @param columns [Array<Symbol, String>]
    # @return [Scan, Array<Hash>]
    # @raise [ArgumentError] for an unknown column
    def select(*columns, &block)
      return super(&block) if block && columns.empty?
      raise ArgumentError, "select takes names of columns or a block, not both" if block
      raise ArgumentError, "select needs names of columns, or a block" if columns.flatten.empty?

      with(columns: Arguments.names(:select, columns.flatten))
    end

    # At most so many rows, taken after the conditions, whichever was called first; another `limit` replaces it.
    #
    # @param count [Integer]
    # @return [Scan]
    def limit(count)
      with(limit: Arguments.whole(:limit, count))
    end

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

    # @param count [Integer, nil]
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Hash{Symbol => Object}, nil, Array<Hash>] one row or nil; with a count, an Array
    def first(count = nil, deadline: nil)
      return narrowed(1).to_a(deadline:).first if count.nil?

      narrowed(Arguments.whole(:first, count)).to_a(deadline:)
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

      @native.count(Arguments.deadline(deadline))
    end

    # The values of one column, or Arrays of the values of several.
    #
    # @example
    #   table.where(country: "FR").pluck(:id)       # => [1, 2]
    #   table.limit(1).pluck(:id, :country)         # => [[1, "FR"]]
    # @param columns [Array<Symbol, String>]
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Array]
    def pluck(*columns, deadline: nil)
      names = Arguments.names(:pluck, columns)
      raise ArgumentError, "pluck needs the name of a column" if names.empty?

      distinct = names.uniq
      values = with(columns: distinct).column_values(deadline)
      return values.first if names.one?

      values.first.zip(*values.drop(1)).then { |rows| reorder(rows, distinct, names) }
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
      ArrowStream.new(@native.arrow_stream(Arguments.deadline(deadline)))
    end

    # What reading would cost: files and bytes of the table, those that the log rules out by partition values and by
    # statistics, and those that remain.
    #
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Hash{Symbol => Integer}] `files_total`, `files_pruned_by_partition`, `files_pruned_by_stats`,
    #   `files_to_read`, and the same of `bytes_`
    def explain(deadline: nil)
      @native.explain(Arguments.deadline(deadline))
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
        while (batch = stream.next)
          batch.each { |file| files << DataFile.new(file) }
        end
      end.lazy
    end

    # @return [String]
    def inspect
      parts = ["#{Address.shown(@snapshot.uri)} version=#{@snapshot.version}"]
      parts << "columns=#{@options.columns.join(',')}" if @options.columns
      parts << "conditions=#{@options.conditions.size}" unless @options.conditions.empty?
      parts << "limit=#{@options.limit}" if @options.limit
      "#<#{self.class} #{parts.join(' ')}>"
    end

    # The scan with further conditions in the native form.
    # @api private
    def with_conditions(conditions)
      with(conditions: @options.conditions + conditions)
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

    def with(**changes)
      options = @options.dup
      changes.each { |name, value| options[name] = value }
      Scan.new(@snapshot, options.freeze)
    end

    def narrowed(count)
      limit([count, @options.limit].compact.min)
    end

    def stream(deadline, &block)
      RowStream.open(@native.stream(Arguments.deadline(deadline)), &block)
    end

    def reorder(rows, distinct, names)
      return rows if distinct == names

      positions = names.map { |name| distinct.index(name) }
      rows.map { |row| row.values_at(*positions) }
    end
  end
end
