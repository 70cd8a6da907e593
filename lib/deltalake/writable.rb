# frozen_string_literal: true

require_relative "append"
require_relative "clock"
require_relative "current_job"
require_relative "staged_files"

module DeltaLake
  # What writes to a {Table} besides {Table#append}.
  module Writable
    # Rows that take the place of others, in one commit: of all rows; of those that meet `where`; or of the partitions
    # that the new rows are in. Readers see all of it or nothing. What is replaced are the rows that are there when the
    # new ones have been written.
    #
    # Data files of which only some rows are replaced are written again with the rows that stay.
    #
    # @example
    #   table.overwrite(rows)
    #   table.overwrite(rows, where: { date: Date.new(2026, 1, 1) })
    #   table.overwrite(rows, where: "date >= '2026-01-01' AND country = 'FR'")
    #   table.overwrite(rows, dynamic: true)
    # @param rows [Enumerable<Hash>, #arrow_c_stream] as for {Table#append}; none of them empty what is replaced
    # @param where [Hash, String, nil] as for {Readable#where}: it must be true of each of the new rows too
    # @param dynamic [Boolean] replaces the partitions that the new rows are in, and leaves the others
    # @param once [String, Symbol, Hash, nil] (see Table#append)
    # @param txn [Hash, nil] (see Table#append)
    # @param on_unknown [Symbol] (see Table#append)
    # @param on_bad_row [Symbol, #call] (see Table#append)
    # @param deadline [Numeric, nil] most seconds to take
    # @param metadata [Hash] comes back as {CommitInfo#user_metadata}
    # @return [Commit]
    # @raise [ConstraintViolationError] where a row does not meet `where`, or the table takes appends only
    # @raise [CommitConflictError] where another writer changed what is replaced meanwhile; nothing was written, and the
    #   same call may be made again
    def overwrite(rows, where: nil, dynamic: false, once: nil, txn: nil, on_unknown: :raise, on_bad_row: :raise,
                  deadline: nil, metadata: {})
      kind = Append::Overwriting.new(where:, dynamic:)
      CurrentJob.write(once, self) do |key|
        source = Append.source(rows)
        write(:overwrite, Append.new(source, once: key, txn:, on_unknown:, on_bad_row:, deadline:, metadata:, kind:))
      end
    end

    # Writes rows to data files that nobody sees until {#commit} is called with them, by this process or another.
    #
    # @example
    #   job_args << table.stage(rows).to_json
    # @param rows [Enumerable<Hash>, #arrow_c_stream] as for {Table#append}
    # @param on_unknown [Symbol] (see Table#append)
    # @param on_bad_row [Symbol, #call] (see Table#append)
    # @param deadline [Numeric, nil] most seconds to take
    # @return [StagedFiles]
    def stage(rows, on_unknown: :raise, on_bad_row: :raise, deadline: nil)
      append = Append.new(Append.source(rows), once: nil, txn: nil, on_unknown:, on_bad_row:, deadline:, metadata: {})
      Instrumentation.tell(:stage, self) { StagedFiles.new(append.stage(snapshot.native)) }
    end

    # Adds staged rows, all of them or none, in one commit; and moves the handle to it.
    #
    # @example
    #   table.commit(parts, once: "import-2026-01-01")
    # @param staged [Array<StagedFiles>, StagedFiles]
    # @param once [String, Symbol, Hash, nil] (see Table#append)
    # @param txn [Hash, nil] (see Table#append)
    # @param deadline [Numeric, nil] most seconds to take
    # @param metadata [Hash] comes back as {CommitInfo#user_metadata}
    # @return [Commit]
    # @raise [ArgumentError] where files are of another table, are gone, or are given twice
    # @raise [SchemaMismatchError] where the table has changed so that they fit no more
    def commit(staged, once: nil, txn: nil, deadline: nil, metadata: {})
      natives = natives_of(staged)
      CurrentJob.write(once, self) do |key|
        options = [*WriteArguments.identity(key, txn), WriteArguments.json(metadata), Arguments.deadline(deadline)]
        commit_staged(natives, options)
      end
    end

    private

    def commit_staged(natives, options)
      started = Clock.now
      done(:commit) do
        newest, rows, files, bytes, attempts, skipped, asked = snapshot.native.commit_staged(natives, *options)
        duration = Clock.now - started
        [Commit.new(version: newest.version, rows:, files:, bytes:, attempts:, skipped:, duration:,
                    metrics: { commit_seconds: duration, **asked }), newest]
      end
    end

    def natives_of(staged)
      all = staged.is_a?(StagedFiles) ? [staged] : staged
      return all.map(&:native) if all.is_a?(Array) && all.all?(StagedFiles)

      raise TypeError, "commit takes an Array of DeltaLake::StagedFiles: those in JSON go through StagedFiles.load"
    end
  end
end
