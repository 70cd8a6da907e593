# frozen_string_literal: true

require_relative "conditions"
require_relative "rows"
require_relative "scan_task"

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
    include Rows

    # Bytes of the files of a task where nobody asks for a number.
    TASK_BYTES = 128 << 20

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

    # The rows that also meet these conditions. Nested Hashes reach into structs. A Time counts as a column holds it, to
    # the whole microsecond: what `append` cut off its rows is cut off here too.
    #
    # SQL text is one condition as Spark understands it: comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL, `<=>`,
    # arithmetic, CAST, CASE and functions of a row. Columns are found whatever the case of their names; names that are
    # no plain words go into backticks. What Spark's ANSI mode would refuse is null (a division by zero, text that is no
    # number), but an integer that overflows is an error. A time that is written without a zone is in UTC.
    #
    # @example
    #   where(country: "FR")                        # equal
    #   where(country: %w[US CA], deleted_at: nil)  # any of these, and null
    #   where(price: 10.., date: from...to)         # ranges
    #   where(address: { city: "Paris" })           # a field of a struct
    #   where("price > 10 AND name LIKE 'a%'")      # SQL
    # @param conditions [Hash{Symbol, String => Object}, String]
    # @return [Scan]
    # @raise [ArgumentError] for an unknown column, a value that its type cannot be compared with, or SQL text that is
    #   no condition; the message shows the place in the text
    def where(conditions)
      with(conditions: @options.conditions + Conditions.from(conditions))
    end

    # Only these columns, in this order; another `select` replaces it. With a block, Enumerable's: an Array of the rows
    # for which the block is true.
    #
    # Where a table has row tracking, `:_row_id` and `:_row_commit_version` can be selected too: a number that stays
    # with a row when it moves to another file, and the version that last changed it.
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

    # @param count [Integer, nil]
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Hash{Symbol => Object}, nil, Array<Hash>] one row or nil; with a count, an Array
    def first(count = nil, deadline: nil)
      return narrowed(1).to_a(deadline:).first if count.nil?

      narrowed(Arguments.whole(:first, count)).to_a(deadline:)
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

    # What reading would cost: files and bytes of the table, those that the log rules out by partition values and by
    # statistics, and those that remain; and how often the store was asked to find out. With `analyze`, all rows are
    # read and let go, and it is how often the store was asked for that.
    #
    # @example
    #   table.where(country: "FR").explain(analyze: true)[:requests]  # => {get: 3, put: 0, list: 0, ...}
    # @param analyze [Boolean] whether to read the rows
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Hash{Symbol => Object}] `files_total`, `files_pruned_by_partition`, `files_pruned_by_stats`,
    #   `files_to_read`, and the same of `bytes_`; `requests`, `bytes_sent`, `bytes_received` and `retries` as in
    #   {Commit#metrics}; with `analyze`, `rows` and `seconds`
    def explain(analyze: false, deadline: nil)
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:explain, @snapshot, version: @snapshot.version) do
        @native.explain(analyze ? true : false, deadline)
      end
    end

    # The files that would be read in parts of about the same size, each of which any process can read, now or later:
    # together they give the rows of this scan, each once, whatever is written meanwhile. A part has a whole file at
    # least.
    #
    # @example
    #   table.where(country: "FR").tasks.each { |task| ImportJob.perform_async(task.to_json) }
    # @param target_bytes [Integer, nil] bytes of the files of a part, 128 MiB where nobody says
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Array<ScanTask>]
    # @raise [ArgumentError] where the scan has a limit: a part cannot know how many rows the others give
    def tasks(target_bytes: nil, deadline: nil)
      target_bytes = target_bytes.nil? ? TASK_BYTES : Arguments.positive(:target_bytes, target_bytes)
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:tasks, @snapshot, version: @snapshot.version) do
        ScanTask.of(@native, @snapshot, @options, target_bytes, deadline)
      end
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

    private

    def source
      @snapshot
    end

    def with(**changes)
      options = @options.dup
      changes.each { |name, value| options[name] = value }
      self.class.new(@snapshot, options.freeze)
    end

    def narrowed(count)
      limit([count, @options.limit].compact.min)
    end

    def reorder(rows, distinct, names)
      return rows if distinct == names

      positions = names.map { |name| distinct.index(name) }
      rows.map { |row| row.values_at(*positions) }
    end
  end
end
