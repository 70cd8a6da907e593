# frozen_string_literal: true

module Comparison
  module Works
    # Appends of 3 rows to tables of more and more files, and of many rows at once.
    class Append
      # The tables: what made their files, how many there are, what stands in the log, and whether the budget holds.
      # A handle that was held while a table grew stands where one stands that was opened from the commits.
      SMALL = [["many_commits", 0, "of 0 files", false],
               ["many_commits", 1_000, "of 1,000 files, a commit each", true],
               ["many_commits", 10_000, "of 10,000 files, a commit each", true],
               ["million_files", 10_000, "of 10,000 files in a checkpoint", false],
               ["million_files", 100_000, "of 100,000 files in a checkpoint", false]].freeze
      # Beyond it the peer takes minutes.
      PEER_FILES = 10_000
      # Where the peer takes a second for each, so many are enough.
      FEW = 10

      def initialize(session)
        @session = session
        @settings = session.settings
      end

      def rows
        found = SMALL.map { |script, files, *| small(script, files) }
        [*SMALL.zip(found).flat_map { |table, one| small_rows(table, one) }, flatness(found), *many]
      end

      private

      def small(script, files)
        @session.say("append of 3 rows at #{files} files, #{script}")
        table = @session.made(script, files, *(["0"] if script == "million_files"))
        sides = files > PEER_FILES ? [:ours] : %i[peer ours]
        @session.medians(sides, repeats: [3, @settings.repeats].min) do |side|
          times = side == :peer && files >= PEER_FILES ? [@settings.appends, FEW].min : @settings.appends
          @session.copy(table) { |copy| @session.contestants.run(side, "append_small", copy, times) }
        end
      end

      def small_rows((_, _, table, budgeted), found)
        seconds, memory = %i[seconds peak_mb].map { |key| %i[peer ours].map { |side| found.dig(side, key) } }
        row = Row.new(key: "append_small", work: "append 3 rows, table #{table}", unit: "s", peer: seconds.first,
                      ours: seconds.last, budget: (Budget.share(1 / 13r, "1/13") if budgeted))
        return row unless budgeted

        [row, Row.new(key: "append_small_memory", work: "its peak memory", unit: "MB", peer: memory.first,
                      ours: memory.last)]
      end

      # Flat is: what 100,000 files cost is within the noise of what none cost.
      def flatness(found)
        none, grown = found.values_at(0, -1).map { |one| one.fetch(:ours).fetch(:seconds) }
        Row.new(key: "append_flat", work: "our append at 100,000 files, over that at none", unit: "times",
                ours: (grown / none).round(2), budget: Budget.most(1.5, "times"))
      end

      def many
        @session.say("append of #{@settings.rows} rows")
        found = @session.medians(%i[peer arrow ours]) do |side|
          table = @session.path("rows")
          arguments = { peer: ["dicts"], arrow: ["arrow"], ours: [] }.fetch(side)
          @session.contestants.run(side == :ours ? :ours : :peer, "append_rows", table, @settings.rows, *arguments)
        ensure
          FileUtils.rm_rf(table)
        end
        many_rows(found)
      end

      def many_rows(found)
        what = "append #{Comparison.thousands(@settings.rows)} row hashes (6 columns)"
        peer, arrow, ours = found.values_at(:peer, :arrow, :ours)
        [Row.new(key: "append_rows", work: "#{what}; the peer's side: dicts through pyarrow", unit: "s",
                 peer: peer[:seconds], ours: ours[:seconds], budget: Budget.share(0.7, "0.7")),
         Row.new(key: "append_rows_memory", work: "its peak memory, rows included", unit: "MB",
                 peer: peer[:peak_mb], ours: ours[:peak_mb]),
         Row.new(key: "append_rows_arrow", work: "the same; the peer's side: an Arrow table made beforehand", unit: "s",
                 peer: arrow[:seconds], ours: ours[:seconds])]
      end
    end
  end
end
