# frozen_string_literal: true

require_relative "../deltalake"
require_relative "deadline"
require_relative "sync/fault"
require_relative "sync/mapping"
require_relative "sync/plan"
require_relative "sync/progress"
require_relative "sync/result"
require_relative "sync/session"
require_relative "sync/source"
require_relative "sync/targets"

module DeltaLake
  # Brings the rows of a table into a store that applications read, and keeps them there as they are in the table: an
  # ActiveRecord model, Redis, or what else takes upserts and deletes by key. It comes with `require "deltalake/sync"`.
  #
  # Each {#run} brings the target to the newest version. It copies everything the first time. After that it reads only
  # what has changed: the change data feed, where it covers all versions since, or else the files that one of the two
  # versions has and the other has not. The target keeps how far it is, in the transaction of the rows, so that a run
  # that was killed is gone on with by the next one, and nothing is left out.
  #
  # Into a model go what its attributes take: enums their labels or numbers, columns of JSON and serialized attributes
  # arrays, structs and maps; text in these is taken as JSON where it is that.
  #
  # The key is to tell the rows of a version apart. The rows of the target are the sync's own: what others put there may
  # be deleted.
  #
  # @example
  #   DeltaLake::Sync.new("s3://warehouse/scores", to: Score, key: [:user_id], name: "scores").run
  #   # => #<DeltaLake::Sync::Result mode=:difference from_version=41 to_version=42 upserted=10211 deleted=17 ...>
  # @example Some of it, under other names
  #   DeltaLake::Sync.new(table, to: User, key: :id, where: { country: "FR" }, select: %i[id mail],
  #                              columns: { mail: :email }, name: "users").run
  # @example Rows made into others
  #   DeltaLake::Sync.new(table, to: DeltaLake::Sync.redis(redis, prefix: "user:"), name: "users") do |row|
  #     row.slice(:name).merge(score: row[:points] / 10) unless row[:hidden]
  #   end
  class Sync
    # Ways to bring a target to the newest version.
    MODES = %i[auto full changes difference].freeze

    # @return [String] that tells its cursor from those of other syncs to the same place
    attr_reader :name

    # @param table [Table, String, Pathname] or its address
    # @param to [Class, Object] an ActiveRecord model, with a unique index of the key, and not one of several classes in
    #   a table (STI) but the first of them; a Redis client, or {Sync.redis};
    #   anything with `call`, which gets each {Batch}; or an object as {Targets} says
    # @param name [String] of the cursor: stays the same as long as the sync is the same
    # @param key [Array<Symbol>, Symbol] columns whose values tell rows apart; they are never nil
    # @param where [Hash, String, nil] only rows that meet it, as for {Readable#where}; a row that no longer does is
    #   deleted from the target
    # @param select [Array<Symbol>, nil] only these columns, and the key's
    # @param columns [Hash{Symbol => Symbol}] names in the target, where they are others; no two columns have the same
    # @param mode [Symbol] `:auto`; `:changes` for the feed or nothing; `:difference` for no feed; `:full` to copy
    #   everything again. The first run copies everything whatever it says, and a run that was cut short is first
    #   brought to its end in its own way, but for `:full`
    # @param on_gap [Symbol] what to do where the target cannot be brought on from where it is: `:stop` raises a
    #   {SyncGapError}, `:resync` copies everything again
    # @param progress [#call, nil, false] gets rows read and all rows (nil where nobody knows); nil for a bar where
    #   standard error is a terminal; false for none
    # @param batch [Integer] rows of one transaction
    # @param storage [Hash{Symbol, String => Object}] options of the store, where an address is given
    # @param cursor [String, Pathname, nil] file that keeps the cursor where `to` is a callable; nil keeps it in memory
    # @yieldparam row [Hash{Symbol => Object}] under the names of the target
    # @yieldreturn [Hash{Symbol => Object}, nil] what the target is to have, its key's columns among it where the target
    #   has columns; nil for nothing
    def initialize(table, to:, name:, key: [:id], where: nil, select: nil, columns: {}, mode: :auto, on_gap: :stop,
                   progress: nil, batch: 1_000, storage: {}, cursor: nil, &block)
      @name = Arguments.text(:name, name)
      raise ArgumentError, "name is empty: give one that tells this sync from others" if @name.to_s.strip.empty?

      @source = Source.new(table, key:, where:, select:, storage:)
      @mapping = Mapping.new(columns, block)
      @target = Targets.for(to, name: @name, cursor:)
      @mode = Arguments.one_of(:mode, mode, MODES)
      @on_gap = Arguments.one_of(:on_gap, on_gap, %i[stop resync])
      @batch = Arguments.positive(:batch, batch)
      @progress = Progress.new(progress, @name)
    end

    # Brings the target to the newest version; first to the end of a run that was cut short.
    #
    # @param deadline [Numeric, nil] most seconds to take; what was done stays, and the next run goes on from there
    # @return [Result]
    # @raise [SyncGapError] where the target cannot be brought on, and `on_gap` is `:stop`
    # @raise [CommitConflictError] where another run of the sync has taken over
    # @raise [ConstraintViolationError] where rows that do not come in one batch give each other a value that a unique
    #   index of the model wants once
    # @raise [DeadlineExceededError]
    def run(deadline: nil)
      Instrumentation.tell_run(:sync, @source.uri, name:) do |told|
        bring(Clock.now, Deadline.new(deadline, hint: ": the next run goes on from here"), told)
      end
    ensure
      @progress.clear
    end

    # @return [String]
    def inspect
      "#<#{self.class} name=#{name.inspect} key=#{@source.key.inspect} mode=#{@mode.inspect}>"
    end

    private

    # What is `told` of a run that is cut short is what it has done until then.
    def bring(started, deadline, told)
      session, newest = begin_run(deadline)
      from = session.cursor&.version
      mode, resynced = work(Plan.new(session, newest, options, @mode))
      Result.new(mode:, from_version: from, to_version: session.cursor.version, **session.counts, resynced:,
                 duration: Clock.now - started)
    ensure
      told.update(from_version: from, **session.counts) if session
    end

    def begin_run(deadline)
      newest = bound_to_newest(deadline)
      session = Session.new(source: @source, target: @target, mapping: @mapping, deadline:, progress: @progress,
                            batch: @batch)
      # Another run may have brought the target to a version that came after that look at the table.
      newest = bound_to_newest(deadline) if session.cursor&.beyond?(newest)
      [session, newest]
    end

    def bound_to_newest(deadline)
      newest = @source.newest(deadline.left)
      @mapping.check(@source.columns(newest)) unless @mapping.columns.empty?
      if @target.respond_to?(:bind)
        @target.bind(name:, key: @source.key.map { |column| @mapping.name(column) }, schema: @source.schema(newest),
                     mapping: @mapping)
      end
      newest
    end

    def options
      @source.options(@mapping.columns, @target.respond_to?(:identity) ? Array(@target.identity) : [])
    end

    def work(plan)
      done = :none
      resynced = nil
      loop do
        mode = plan.advance
        return [done, resynced] unless mode

        done = mode
      rescue SyncGapError => e
        raise if @on_gap == :stop

        resynced = e.reason
        plan.start_over
      end
    end
  end
end
