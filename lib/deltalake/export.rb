# frozen_string_literal: true

require_relative "active_record"
require_relative "clock"
require_relative "deadline"
require_relative "export/result"
require_relative "export/windows"

module DeltaLake
  # Appends the rows of an ActiveRecord model to a table as they are written and changed, each state that it sees once:
  # what follows a database in the warehouse. It comes with `require "deltalake/export"`.
  #
  # A run takes the rows whose `updated_at` is later than that of the run before, in windows of time, and appends each
  # window in one commit. How far it is, is the commit's Delta transaction: application `export:NAME`, and as version
  # the end of the window in microseconds. It comes with the rows, so a run that was killed has appended a window or
  # not, and the next one begins where the table says. All rows of the same moment are in the same window, however many
  # they are.
  #
  # - A row is seen where its transaction has become visible before its `updated_at` is `lag` seconds old. Transactions
  #   that stay open longer after that time was set, and clocks that are further apart, need a longer `lag`. It counts
  #   from one second ago: many databases and columns keep whole seconds, and more rows of this one may come.
  # - A row that changes twice between two runs is seen once, and a delete is not seen. What writes past ActiveRecord
  #   has to set `updated_at`, as `update_all` and SQL do not; a row without it, or with PostgreSQL's `infinity`, is
  #   never seen. SQLite compares times as text: they have to be in the form that ActiveRecord writes.
  # - Of the states of a row the one with the latest `updated_at` is the newest.
  #
  # @example
  #   DeltaLake::Export.new(User, to: "s3://warehouse/users", name: "users").run
  #   # => #<DeltaLake::Export::Result rows=1200 commits=1 from=2026-01-31 09:00:00 UTC to=2026-01-31 10:00:00 UTC ...>
  class Export
    # Seconds that a transaction may take, and clocks may be apart, where nobody says.
    LAG = 60
    # The coarsest moment: of a column without fractions, and of NOW() in MySQL and CURRENT_TIMESTAMP in SQLite,
    # whatever the column keeps.
    GRAIN = 1
    private_constant :GRAIN

    # @return [String] that tells its place in the table from those of others
    attr_reader :name

    # @param relation [Class, ActiveRecord::Relation] a model, or some of its rows by conditions that do not change:
    #   what comes to meet them without a new `updated_at` is not seen
    # @param to [Table, String, Pathname] with columns by the names of the model's, as for {Table#append}
    # @param name [String] stays the same as long as the export is the same
    # @param updated_at [Symbol] the column that grows whenever a row is written; it needs an index
    # @param lag [Numeric] seconds of the newest past that are left to the next run, and one more
    # @param batch [Integer] rows of one commit, about: those of the last moment are all in
    # @param storage [Hash{Symbol, String => Object}] options of the store, where an address is given
    # @param on_unknown [Symbol] (see Table#append)
    # @param on_bad_row [Symbol, #call] (see Table#append)
    def initialize(relation, to:, name:, updated_at: :updated_at, lag: LAG, batch: 100_000, storage: {},
                   on_unknown: :raise, on_bad_row: :raise)
      @name = Arguments.text(:name, name)
      raise ArgumentError, "name is empty: give one that tells this export from others" if @name.to_s.strip.empty?
      raise ArgumentError, "lag must be 0 seconds or more, got #{lag}" unless lag.is_a?(Numeric) && !lag.negative?

      @windows = Windows.new(relation, updated_at, Arguments.positive(:batch, batch))
      @to = to
      @lag = lag
      @storage = storage
      @options = { on_unknown:, on_bad_row: }
    end

    # Appends what has come since the last run.
    #
    # @param deadline [Numeric, nil] most seconds to take; windows that were appended stay
    # @return [Result]
    # @raise [CommitConflictError] where another run of this export was quicker: nothing was appended twice
    # @raise [ConfigurationError] where the table forgets transactions after a time, or SQLite has a time in a form that
    #   it cannot compare
    def run(deadline: nil)
      Instrumentation.tell_run(:export, Address.of(@to), name:) do |told|
        export(Clock.now, Deadline.new(deadline), told)
      end
    end

    # @return [String]
    def inspect
      "#<#{self.class} name=#{name.inspect}>"
    end

    private

    def export(started, deadline, told)
      handle = table(deadline.left)
      from = position(handle, deadline.left)
      to = follow(handle, from, deadline, told.update(rows: 0, commits: 0))
      Result.new(**told.slice(:rows, :commits), from: from && Windows.time(from), to: to && Windows.time(to),
                                                version: handle.version, duration: Clock.now - started)
    end

    # A handle of its own: what another thread reads meanwhile must not move it past that thread's windows.
    def table(deadline)
      (@to.is_a?(Table) ? @to : DeltaLake.open(@to, storage: @storage, deadline:)).dup
    end

    def position(handle, deadline)
      handle.refresh(deadline:)
      retention = handle.properties["delta.setTransactionRetentionDuration"]
      if retention
        raise ConfigurationError, "the table forgets transactions after #{retention} " \
                                  "(delta.setTransactionRetentionDuration), and with them how far the export is: " \
                                  "unset the property"
      end

      handle.transactions[application]
    end

    # How far it is then.
    def follow(handle, at, deadline, told)
      last = Windows.micros((Time.now - @lag - GRAIN).floor(6))
      while (window = @windows.next(at, last))
        commit = append(handle, window, deadline.left)
        told[:rows] += commit.rows
        told[:commits] += 1 unless commit.skipped?
        at = window.last
      end
      at
    end

    def append(handle, window, deadline)
      handle.append(window.rows, txn: { app_id: application, version: window.last }, deadline:, **@options)
    end

    def application
      "export:#{name}"
    end
  end
end
