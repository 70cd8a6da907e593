# frozen_string_literal: true

require_relative "../sides"

module Comparison
  module Works
    # Tables of many files, and long logs: what it takes to know the files of a scan.
    class Open
      PARTITIONS = 100
      SIDES = %i[deltalake duckdb ours].freeze
      QUARTER = Budget.share(0.25, "1/4")

      def initialize(session)
        @session = session
        @settings = session.settings
      end

      def rows
        files = @settings.files
        [*[files / 100, files / 10, files].flat_map { |count| [*whole(count), *partition(count)] },
         *commits(@settings.commits)]
      end

      private

      def partition(files)
        budget = files == @settings.files ? QUARTER : Sides::NO_MORE
        work = "open a table of #{Comparison.thousands(files)} files and list one of #{PARTITIONS} partitions"
        measure("open_files", work, files / PARTITIONS, table(files), partition: "p007", budget: budget)
      end

      def whole(files)
        work = "open a table of #{Comparison.thousands(files)} files and list them"
        measure("open_all_files", work, files, table(files))
      end

      def table(files)
        @session.made("million_files", files, PARTITIONS)
      end

      def commits(commits)
        work = "open a log of #{Comparison.thousands(commits)} commits without a checkpoint and list the files"
        measure("open_commits", work, commits, @session.made("many_commits", commits), budget: QUARTER)
      end

      def measure(key, work, files, table, partition: nil, budget: Sides::NO_MORE)
        @session.say(work)
        found = @session.medians(SIDES, repeats: @settings.few, once: [:duckdb]) do |side|
          @session.contestants.run(side, "open_table", table, *(side unless side == :ours), *partition)
        end
        budgets = { deltalake: budget, duckdb: Sides::NO_MORE }
        sides = Sides.new(key, work, found, seconds: budgets, memory: budgets)
        [*sides.check(files).rows, again(key, work, found)]
      end

      # Only handles are opened again: DuckDB has none.
      def again(key, work, found)
        what = "again in the same process; the peer's side: deltalake"
        Row.new(key: "#{key}_again", work: "the same #{what}", full: "#{work} #{what}", unit: "s",
                peer: found.dig(:deltalake, :again), ours: found.dig(:ours, :again), budget: Sides::NO_MORE)
      end
    end
  end
end
