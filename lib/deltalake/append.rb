# frozen_string_literal: true

require_relative "append/arrow"
require_relative "append/hashes"
require_relative "append/json_lines"
require_relative "append/kinds"
require_relative "clock"
require_relative "commit"
require_relative "deadline"
require_relative "write_arguments"

module DeltaLake
  # One append: takes rows from a source, and leaves nothing behind where it does not come to its end.
  # @api private
  class Append
    # @return [Hashes, Arrow, Relation] what pushes `rows` into an append
    def self.source(rows)
      return Arrow.new(rows) if rows.respond_to?(:arrow_c_stream)
      return Hashes.new(rows) unless rows.respond_to?(:in_batches) && rows.respond_to?(:pluck)
      return Relation.new(rows) if const_defined?(:Relation)

      raise TypeError, 'rows are an ActiveRecord relation: require "deltalake/active_record" to append those'
    end

    # @param source [Hashes, Arrow, JSONLines]
    def initialize(source, once:, txn:, on_unknown:, on_bad_row:, deadline:, metadata:, kind: Plain.new)
      @source = source
      @identity = WriteArguments.identity(once, txn)
      @on_unknown = Arguments.one_of(:on_unknown, on_unknown, %i[raise ignore add])
      @on_bad_row = bad_row_handler(on_bad_row)
      @deadline = Arguments.deadline(deadline)
      @user_metadata = WriteArguments.json(metadata)
      @kind = kind
    end

    # @param snapshot [Native::Snapshot]
    # @return [Array(Commit, Native::Snapshot)]
    def call(snapshot)
      start
      return [nothing(snapshot), snapshot] if @source.empty? && @kind.needs_rows?

      begin_on(snapshot)
      write(snapshot)
    ensure
      @native&.abort unless @finished
    end

    # As {#call}, without a commit: the files are left to who commits them.
    #
    # @param snapshot [Native::Snapshot]
    # @return [Native::Staged]
    def stage(snapshot)
      start
      begin_on(snapshot)
      @source.push_to(@native, self)
      @native.stage.tap { @finished = true }
    ensure
      @native&.abort unless @finished
    end

    # @param count [Integer] so many more rows were taken
    def took(count)
      @taken += count
    end

    # Whether rows that do not fit are left out.
    def skips_bad_rows?
      !@on_bad_row.nil?
    end

    # Whether the table gets the columns that it lacks.
    def adds_columns?
      @on_unknown == :add
    end

    # Whether a column that the table lacks is an error.
    def refuses_columns?
      @on_unknown == :raise
    end

    # @param row [Object] what does not fit
    # @param error [SchemaMismatchError, ConstraintViolationError]
    def skip(row, error)
      @bad_rows += 1
      @on_bad_row.call(row, error)
    end

    # @return [Float, nil] seconds until the deadline
    # @raise [DeadlineExceededError] where it has passed
    def seconds_left
      @until.left
    end

    private

    def start
      @started = Clock.now
      @until = Deadline.new(@deadline)
      @taken = @bad_rows = 0
    end

    def begin_on(snapshot)
      @native = snapshot.append(*@identity, @user_metadata, @on_unknown.to_s, @deadline)
      @kind.prepare(@native)
    end

    def write(snapshot)
      @native.check_each_push if skips_bad_rows?
      @source.push_to(@native, self) unless @native.done
      return [nothing(snapshot), snapshot] if @taken.zero? && @kind.needs_rows? && !@native.done

      pushed = Clock.now
      newest, *counts = @native.finish
      @finished = true
      [commit(newest, counts, pushed), newest]
    end

    def commit(newest, counts, pushed)
      rows, files, bytes, attempts, skipped, asked, *replaced = counts
      Commit.new(version: newest.version, rows:, files:, bytes:, attempts:, skipped:,
                 duration: Clock.now - @started, metrics: metrics(pushed).merge(asked, @kind.metrics(*replaced)))
    end

    def nothing(snapshot)
      Commit.new(version: snapshot.version, rows: 0, files: 0, bytes: 0, attempts: 0, skipped: true,
                 duration: Clock.now - @started,
                 metrics: metrics(Clock.now).merge(@native ? @native.asked : Commit::NOTHING_ASKED))
    end

    def metrics(pushed)
      { bad_rows: @bad_rows, write_seconds: pushed - @started, commit_seconds: Clock.now - pushed }
    end

    def bad_row_handler(on_bad_row)
      return nil if on_bad_row == :raise
      return on_bad_row if on_bad_row.respond_to?(:call)

      raise ArgumentError, "on_bad_row must be :raise or respond to call(row, error), got #{on_bad_row.inspect}"
    end
  end
end
