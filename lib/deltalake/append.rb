# frozen_string_literal: true

require_relative "append/arrow"
require_relative "append/hashes"
require_relative "append/json_lines"
require_relative "commit"

module DeltaLake
  # One append: takes rows from a source, and leaves nothing behind where it does not come to its end.
  # @api private
  class Append
    # @return [Hashes, Arrow] what pushes `rows` into an append
    def self.source(rows)
      rows.respond_to?(:arrow_c_stream) ? Arrow.new(rows) : Hashes.new(rows)
    end

    # @param source [Hashes, Arrow, JSONLines]
    def initialize(source, once:, txn:, on_unknown:, on_bad_row:, deadline:, metadata:)
      @source = source
      raise ArgumentError, "once and txn exclude each other: give one" unless once.nil? || txn.nil?

      @once = once && key(once)
      @app_id, @app_version = transaction(txn) if txn
      @ignore_unknown = ignore_unknown?(on_unknown)
      @on_bad_row = bad_row_handler(on_bad_row)
      @deadline = Arguments.deadline(deadline)
      @user_metadata = Arguments.user_metadata(metadata)
    end

    # @param snapshot [Native::Snapshot]
    # @return [Array(Commit, Native::Snapshot)]
    def call(snapshot)
      @started = now
      @taken = @bad_rows = 0
      return [nothing(snapshot), snapshot] if @source.empty?

      @native = snapshot.append(@once, @app_id, @app_version, @user_metadata, @ignore_unknown, @deadline)
      write(snapshot)
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

    # @param row [Object] what does not fit
    # @param error [SchemaMismatchError, ConstraintViolationError]
    def skip(row, error)
      @bad_rows += 1
      @on_bad_row.call(row, error)
    end

    # @return [Float, nil] seconds until the deadline
    # @raise [DeadlineExceededError] where it has passed
    def seconds_left
      return if @deadline.nil?

      left = @started + @deadline - now
      left.positive? ? left : raise(DeadlineExceededError, "the deadline of #{@deadline} s passed")
    end

    private

    def write(snapshot)
      @native.check_each_push if skips_bad_rows?
      @source.push_to(@native, self) unless @native.done
      return [nothing(snapshot), snapshot] if @taken.zero? && !@native.done

      pushed = now
      newest, *counts = @native.finish
      @finished = true
      [commit(newest, counts, pushed), newest]
    end

    def commit(newest, counts, pushed)
      rows, files, bytes, attempts, skipped = counts
      Commit.new(version: newest.version, rows:, files:, bytes:, attempts:, skipped:,
                 duration: now - @started, metrics: metrics(pushed))
    end

    def nothing(snapshot)
      Commit.new(version: snapshot.version, rows: 0, files: 0, bytes: 0, attempts: 0, skipped: true,
                 duration: now - @started, metrics: metrics(now))
    end

    def metrics(pushed)
      { bad_rows: @bad_rows, write_seconds: pushed - @started, commit_seconds: now - pushed }
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def key(once)
      raise TypeError, "once must be a String, got #{once.class}" unless once.is_a?(String) || once.is_a?(Symbol)
      raise ArgumentError, "once is empty: give a key that names these rows" if once.empty?

      once.to_s
    end

    def transaction(txn)
      raise TypeError, "txn must be a Hash with app_id and version, got #{txn.class}" unless txn.is_a?(Hash)

      txn = txn.transform_keys(&:to_s)
      raise ArgumentError, "txn has app_id and version, got #{txn.keys.join(', ')}" unless txn.keys.sort == %w[app_id
                                                                                                               version]

      app_id = txn["app_id"]
      raise TypeError, "the app_id of txn must be a String, got #{app_id.class}" unless app_id.is_a?(String)
      raise ArgumentError, "the app_id of txn is empty" if app_id.empty?

      [app_id, Arguments.whole("the version of txn", txn["version"])]
    end

    def ignore_unknown?(on_unknown)
      if on_unknown == :add
        raise ArgumentError,
              "on_unknown: :add is not available in this version: the schema of a table cannot be changed yet"
      end

      Arguments.one_of(:on_unknown, on_unknown, %i[raise ignore]) == :ignore
    end

    def bad_row_handler(on_bad_row)
      return nil if on_bad_row == :raise
      return on_bad_row if on_bad_row.respond_to?(:call)

      raise ArgumentError, "on_bad_row must be :raise or respond to call(row, error), got #{on_bad_row.inspect}"
    end
  end
end
