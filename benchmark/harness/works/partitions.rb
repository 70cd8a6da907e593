# frozen_string_literal: true

require_relative "../row"

module Comparison
  module Works
    # One append into many partitions, in rows that are mixed.
    class Partitions
      PARTITIONS = 1_000

      def initialize(session)
        @session = session
        @count = session.settings.rows
      end

      def rows
        work = "append #{Comparison.thousands(@count)} row hashes into #{Comparison.thousands(PARTITIONS)} partitions"
        @session.say(work)
        peer, ours = @session.medians(%i[peer ours], repeats: 1) { |side| append(side) }.values_at(:peer, :ours)
        row = lambda do |key, what, figure, unit, budget = nil|
          Row.new(key: key, work: what, unit: unit, peer: peer[figure], ours: ours[figure], budget: budget)
        end
        [row.call("partitions", "#{work}; the peer's side: dicts through pyarrow", :seconds, "s", Budget.share(1, "1")),
         row.call("partitions_memory", "its peak memory, rows included", :peak_mb, "MB", Budget.share(1, "1")),
         row.call("partitions_files", "data files that it makes", :files, "")]
      end

      private

      def append(side)
        table = @session.path("partitioned")
        @session.contestants.run(side, "append_partitioned", table, @count, PARTITIONS)
      ensure
        FileUtils.rm_rf(table)
      end
    end
  end
end
