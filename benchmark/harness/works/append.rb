# frozen_string_literal: true

module Comparison
  module Works
    # Appends of 3 rows to tables of more and more files, and of many rows at once.
    class Append
      # Far beyond it, the peer takes seconds for each.
      PEER_FILES = 10_000

      def initialize(session)
        @session = session
        @settings = session.settings
      end

      def rows
        small = [0, 1_000, 10_000, 100_000].to_h { |files| [files, small(files)] }
        [*small.flat_map { |files, found| small_rows(files, found) }, flatness(small), *many]
      end

      private

      def small(files)
        @session.say("append of 3 rows at #{files} files")
        table = @session.made("million_files", files, 0)
        sides = files > PEER_FILES ? [:ours] : %i[peer ours]
        @session.medians(sides, repeats: [3, @settings.repeats].min) do |side|
          times = side == :peer && files >= PEER_FILES ? [@settings.appends, 10].min : @settings.appends
          @session.copy(table) { |copy| @session.contestants.run(side, "append_small", copy, times) }
        end
      end

      def small_rows(files, found)
        share = Budget.share(1 / 13r, "1/13") if files.between?(1_000, PEER_FILES)
        work = "append 3 rows, table of #{Comparison.thousands(files)} files"
        row = Row.new(key: "append_small", work: work, unit: "s",
                      peer: found.dig(:peer, :seconds), ours: found.dig(:ours, :seconds), budget: share)
        return row unless files == PEER_FILES

        [row, Row.new(key: "append_small_memory", work: "its peak memory", unit: "MB",
                      peer: found.dig(:peer, :peak_mb), ours: found.dig(:ours, :peak_mb))]
      end

      # Flat is: what 100,000 files cost is within the noise of what none cost.
      def flatness(small)
        grown = small.fetch(100_000).fetch(:ours).fetch(:seconds) / small.fetch(0).fetch(:ours).fetch(:seconds)
        Row.new(key: "append_flat", work: "our append at 100,000 files, over that at none", unit: "times",
                ours: grown.round(2), budget: Budget.most(1.5, "times"))
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
