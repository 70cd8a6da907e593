# frozen_string_literal: true

require "forwardable"
require_relative "alteration"
require_relative "append"
require_relative "current_job"
require_relative "snapshot"
require_relative "upkeep"
require_relative "writable"

module DeltaLake
  # A handle on a Delta table. It stands on a version, and reads that one: {#refresh} and {#append} move it forward,
  # never back. Where the table was dropped and made anew at its address, they move it to the new one. Threads may share
  # one.
  #
  # @see DeltaLake.open
  # @see DeltaLake.create
  class Table
    extend Forwardable
    include Readable
    include Writable

    # Most seconds to look for the newest version after a conflict.
    CATCH_UP_SECONDS = 5
    private_constant :CATCH_UP_SECONDS

    # @return [Snapshot] the version that the handle stands on, as an immutable view
    attr_reader :snapshot

    # @!method version
    #   @return [Integer] the version that the handle stands on
    # @!method schema
    #   @return [Schema]
    # @!method partition_by
    #   @return [Array<Symbol>] the partition columns; empty where there are none
    # @!method properties
    #   @return [Hash{String => String}] table properties
    # @!method protocol
    #   @return [Protocol]
    # @!method name
    #   @return [String, nil]
    # @!method description
    #   @return [String, nil]
    # @!method uri
    #   @return [String] absolute path, or URI
    # @!method id
    #   @return [String] given to the table when it was created
    # @!method created_at
    #   @return [Time, nil] when the table was created, in UTC, where it tells
    # @!method transactions
    #   (see Snapshot#transactions)
    # @!method domain_metadata
    #   (see Snapshot#domain_metadata)
    # @!method history(limit: nil, deadline: nil)
    #   (see Snapshot#history)
    # @!method changes(from:, to: nil, deadline: nil)
    #   (see Snapshot#changes)
    # @!method scan
    #   @return [Scan] of all rows and columns
    def_delegators :snapshot, :version, :schema, :partition_by, :properties, :protocol, :name, :description, :uri, :id,
                   :created_at, :transactions, :domain_metadata, :history, :changes, :scan

    # @param native [Native::Table]
    # @param snapshot [Native::Snapshot]
    # @param group_commits [Boolean] what {#append} does where it is not told
    # @api private
    def initialize(native, snapshot, group_commits: false)
      @native = native
      @group_commits = group_commits ? true : false
      @snapshot = Snapshot.new(snapshot)
      @lock = Mutex.new
    end

    # Moves the handle to the newest version, and reads only what is new for that.
    #
    # @param deadline [Numeric, nil] most seconds to take
    # @return [self]
    def refresh(deadline: nil)
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:refresh, self) do
        advance(snapshot.native.refresh(deadline))
        self
      end
    end

    # Another version of the table. The handle stays where it is.
    #
    # @example
    #   table.at(version: 3).count
    #   table.at(Time.now - 3600).to_a
    # @param time [Time, nil] the version that was the newest at this time
    # @param version [Integer, nil]
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Snapshot]
    # @raise [TableNotFoundError] where the log does not reach it
    def at(time = nil, version: nil, deadline: nil)
      raise ArgumentError, "at needs a Time or a version" if time.nil? && version.nil?

      version, at_ms = Arguments.point_in_time(version, time)
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:open, self) { Snapshot.new(@native.snapshot(version, at_ms, deadline)) }
    end

    # Adds rows, all of them or none, in one commit; and moves the handle to it. Rows are taken as they come, so that an
    # Enumerator of millions of them never sits in memory. They are converted a thousand at a time: each must be a Hash
    # of its own, not the one before filled anew.
    #
    # With `once:` or `txn:`, rows are added at most once however often and from wherever the call is repeated.
    #
    # @example
    #   table.append([{ id: 1, country: "FR" }])
    #   table.append(rows, once: "import-2026-01-01")
    #   table.append(rows, on_bad_row: ->(row, error) { warn error.message })
    # @example Rows of a data frame, with no Ruby object for any value
    #   table.append(Polars.read_csv("orders.csv"))
    # @param rows [Enumerable<Hash>, #arrow_c_stream] Hashes with Symbol or String keys, where a missing key is nil, or
    #   what the table fills in there: a default, a generated column, the next identity; or what gives an Arrow C
    #   stream: a data frame of Polars, a {Scan}. Its columns go by their names, in any Arrow type that holds the same
    #   values; `on_bad_row` is called with a Hash of what can be shown of the row. An empty text or binary in a
    #   partition column is nil, as Delta has it, for constraints too
    # @param once [String, Symbol, Hash, nil] a key: rows are added only where the table has not seen it; `:job` and
    #   `{ job: "name" }` take it from the job that is running, see {CurrentJob}
    # @param txn [Hash, nil] a Delta transaction: `{ app_id: "etl", version: 42 }`; rows are added only where the table
    #   has seen no such version, and no later one, of that application
    # @param on_unknown [Symbol] what a key that is no column does: `:raise`; `:ignore`; or `:add`, which adds a column
    #   to the table, or a field to a struct, with the type that {Schema.infer} finds. It comes last, may be nil, and
    #   stays what the first rows made it: later ones must fit. A row that `on_bad_row` leaves out may have brought one
    # @param on_bad_row [Symbol, #call] `:raise`; or what is called with each row that does not fit, and its error,
    #   before that row is left out
    # @param deadline [Numeric, nil] most seconds to take
    # @param metadata [Hash] comes back as {CommitInfo#user_metadata}
    # @param group [Boolean, nil] whether the commit may be shared with other appends of this process to the same table,
    #   each with its own result: for many threads that append a little at a time; nil for what {DeltaLake.open} said
    # @return [Commit]
    # @raise [SchemaMismatchError] where a value does not fit; nothing was written
    # @raise [ConstraintViolationError] where a row breaks a constraint of the table; nothing was written
    # @raise [UnsupportedFeatureError] where the table asks for what cannot be computed; nothing was written
    # @raise [CommitConflictError] where another writer changed the table in a way that matters
    # @raise [CommitOutcomeUnknownError] where the commit was sent and no answer came
    def append(rows, once: nil, txn: nil, on_unknown: :raise, on_bad_row: :raise, deadline: nil, metadata: {},
               group: nil)
      kind = Append::Plain.new(group: group.nil? ? @group_commits : group)
      CurrentJob.write(once, self) do |key|
        source = Append.source(rows)
        write(:append, Append.new(source, once: key, txn:, on_unknown:, on_bad_row:, deadline:, metadata:, kind:))
      end
    end

    # Adds the rows of a text with one JSON object a line, all of them or none, in one commit. The lines go straight
    # into columns, with no Ruby object for any value; a file is read and parsed without Ruby's lock.
    #
    # Values are as {#append} takes them: ISO 8601 for dates and times, numbers or text for decimals, which keep all
    # their digits. Of a key that comes twice the last value counts, and blank lines are passed over.
    #
    # @example
    #   table.append_json(Pathname("orders.jsonl"))
    #   table.append_json($stdin, on_bad_row: ->(line, error) { warn error.message })
    #   table.append_json(redis.lrange("events", 0, 999))
    # @param io_or_lines [Pathname, IO, Enumerable<String>] a file, with `.gz` at its end a compressed one, of any
    #   number of members; what has `read`; or lines
    # @param once (see #append)
    # @param txn (see #append)
    # @param on_unknown (see #append)
    # @param on_bad_row [Symbol, #call] `:raise`; or what is called with the text of each line that is no row of the
    #   table, and its error, before that line is left out
    # @param deadline (see #append)
    # @param metadata (see #append)
    # @return [Commit]
    # @raise [SchemaMismatchError] where a line is no row of the table; nothing was written
    # @raise [StorageError] where the file cannot be read, or a compressed one is not whole; nothing was written
    # @raise [CommitConflictError] where another writer changed the table in a way that matters
    # @raise [CommitOutcomeUnknownError] where the commit was sent and no answer came
    def append_json(io_or_lines, once: nil, txn: nil, on_unknown: :raise, on_bad_row: :raise, deadline: nil,
                    metadata: {})
      source = Append::JSONLines.new(io_or_lines)
      CurrentJob.write(once, self) do |key|
        write(:append_json, Append.new(source, once: key, txn:, on_unknown:, on_bad_row:, deadline:, metadata:))
      end
    end

    # Writes a checkpoint of the newest version, and moves the handle to it: whoever opens the table reads that instead
    # of the commits before. Commits write one by themselves, every `delta.checkpointInterval` versions (10, where
    # the table does not say); see {Configuration#checkpoints}. Where the version has one, nothing is written.
    #
    # @example
    #   table.checkpoint.files # => 1200
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Checkpoint]
    # @raise [UnsupportedFeatureError] where the table has a feature that this library does not know
    def checkpoint(deadline: nil)
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:checkpoint, self) do
        newest, written, duration = Upkeep.timed { snapshot.native.checkpoint(deadline) }
        advance(newest)
        files, actions, bytes = written
        Checkpoint.new(version: newest.version, files:, actions:, bytes:, duration:)
      end
    end

    # Deletes what has expired of the log: commits and checkpoints older than `delta.logRetentionDuration` (30 days,
    # where the table does not say) that no younger version needs. Versions that old can then no longer be read. It is
    # also done behind commits, once an hour at most; here it is for jobs of their own. Nothing is deleted where
    # `delta.enableExpiredLogCleanup` is false, and nothing that is younger than an hour.
    #
    # @param limit [Integer] files to delete, at most
    # @param deadline [Numeric, nil] most seconds to take
    # @return [LogCleanup]
    # @raise [ConfigurationError] where the table's retention cannot be read
    def clean_log(limit: 10_000, deadline: nil)
      arguments = [Arguments.positive(:limit, limit), Arguments.deadline(deadline)]
      Instrumentation.tell(:clean_log, self) do
        newest, files, bytes, more, duration = Upkeep.timed { snapshot.native.clean_log(*arguments) }
        advance(newest)
        LogCleanup.new(files:, bytes:, more:, duration:)
      end
    end

    # Changes columns, properties, constraints and features: all that the block says, in one commit of no rows, or
    # nothing; and moves the handle to it. It is made on top of the newest version, and made again where another writer
    # changes the table meanwhile. Where nothing would change, nothing is committed.
    #
    # To turn on row tracking takes some commits more, which come first: they give ids to the rows that are there, while
    # others go on writing. After an interruption the same change goes on from where it was.
    #
    # @example
    #   table.alter { |a| a.add_column :note, :string }
    #   table.alter do |a|
    #     a.set_properties "delta.columnMapping.mode" => "name"
    #     a.rename_column :note, :remark
    #     a.add_constraint :positive, "price > 0"
    #   end
    # @param deadline [Numeric, nil] most seconds to take
    # @param metadata [Hash] comes back as {CommitInfo#user_metadata}
    # @yieldparam a [Alteration]
    # @return [Commit]
    # @raise [SchemaMismatchError] where columns cannot be changed so; the message says what to do
    # @raise [ConfigurationError] where a property cannot be set so
    # @raise [UnsupportedFeatureError] where a change needs a feature that this library cannot write
    # @raise [ConstraintViolationError] where a row breaks a new constraint
    # @raise [CommitConflictError] where another writer added rows while those that are there were looked at
    def alter(deadline: nil, metadata: {}, &block)
      raise ArgumentError, "alter needs a block that says what to change" unless block

      arguments = [JSON.generate(Alteration.changes(&block)), WriteArguments.json(metadata),
                   Arguments.deadline(deadline)]
      done(:alter) do
        newest, attempts, skipped, asked, duration = Upkeep.timed { snapshot.native.alter(*arguments) }
        [Commit.new(version: newest.version, rows: 0, files: 0, bytes: 0, attempts:, skipped:, duration:,
                    metrics: { commit_seconds: duration, **asked }), newest]
      end
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{Address.shown(uri)} version=#{version}>"
    end

    private

    # A thread that comes later with an older version, or with one of a table that is there no more, moves nothing.
    def advance(native)
      @lock.synchronize { @snapshot = Snapshot.new(native) if native.supersedes?(@snapshot.native) }
      Upkeep.report
    end

    # @param operation [Symbol]
    # @param append [Append]
    def write(operation, append)
      done(operation) { append.call(snapshot.native) }
    end

    # Does what gives a commit and the version after it. After a conflict the handle stands on what has won, so that the
    # same call made again begins from there.
    def done(operation, &block)
      Instrumentation.tell(operation, self) do
        commit, newest = block.call
        advance(newest)
        log(commit)
        commit
      end
    rescue CommitConflictError
      catch_up
      raise
    end

    def catch_up
      refresh(deadline: CATCH_UP_SECONDS)
    rescue Error
      # The conflict is what the caller has to know.
      nil
    end

    def log(commit)
      return if Instrumentation.logged?

      Log.info do
        what = commit.skipped? ? "nothing to write" : "wrote #{commit.rows} rows in #{commit.files} files"
        "#{Address.shown(uri)}: #{what}, version #{commit.version}, #{commit.duration.round(3)} s, " \
          "#{commit.attempts} attempts"
      end
    end
  end
end
