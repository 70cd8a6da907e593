# frozen_string_literal: true

module Comparison
  module Works
    # All rows of a table, as Ruby Hashes and Python dicts.
    class Read
      WAYS = { dicts: [:peer, "dicts"], kept: [:peer, "polars_list"], polars: [:peer, "polars"],
               array: [:ours, "array"], each: [:ours, "each"], allocate: [:ours, "allocate"] }.freeze

      def initialize(session)
        @session = session
      end

      def rows
        count = @session.settings.rows
        @session.say("reading #{count} rows")
        table = @session.made("many_rows", count)
        found = @session.medians(WAYS.keys) do |way|
          side, form = WAYS.fetch(way)
          @session.contestants.run(side, "read_rows", form == "allocate" ? count : table, form)
        end
        raise "not all rows were read: #{found}" unless found.values.all? { |one| one[:result] == count }

        table_rows(found)
      end

      private

      def table_rows(found)
        dicts, kept, polars, array, each, allocate = found.values_at(*WAYS.keys)
        count = Comparison.thousands(@session.settings.rows)
        half = Budget.share(0.5, "1/2")
        [row("read_array", "read #{count} rows (6 columns) into an Array of Hashes; the peer's side: to_pylist()",
             dicts, array, half),
         memory("read_array_memory", dicts, array),
         row("read_array_polars", "the same; the peer's side: Polars list(iter_rows(named=True))",
             kept, array, half),
         row("read_each", "the same rows with each, none kept; the peer's side: Polars iter_rows(named=True)",
             polars, each, half),
         memory("read_each_memory", polars, each),
         row("read_floor", "plain Ruby allocating such Hashes", nil, allocate)]
      end

      def row(key, work, peer, ours, budget = nil)
        Row.new(key: key, work: work, unit: "s", peer: peer && peer[:seconds], ours: ours[:seconds], budget: budget)
      end

      def memory(key, peer, ours)
        Row.new(key: key, work: "its peak memory", unit: "MB", peer: peer[:peak_mb], ours: ours[:peak_mb])
      end
    end
  end
end
