# frozen_string_literal: true

require_relative "../sides"

module Comparison
  module Works
    # All rows of tables, as Arrow and as Hashes that nobody keeps, and how flat memory is meanwhile.
    class Scan
      HALF = { polars: Budget.share(0.5, "1/2") }.freeze
      ARROW = { deltalake: Sides::NO_MORE }.freeze
      # How many times larger the larger table is.
      LARGER = 10
      FLAT = Budget.most(1.1, "times")

      def initialize(session)
        @session = session
        @settings = session.settings
      end

      def rows
        sizes = [@settings.rows, @settings.rows * LARGER]
        arrow = sizes.map { |count| measure(count, "arrow", %i[deltalake polars duckdb ours]) }
        hashes = sizes.zip([%i[ours], %i[polars ours]]).map { |count, sides| measure(count, "hashes", sides) }
        [*sizes.zip(arrow).flat_map { |count, found| arrow_rows(count, found) },
         *sides("scan_hashes", sizes.last, "row hashes with each, none kept", hashes.last, seconds: HALF),
         flat("scan_arrow_flat", "to Arrow", arrow), flat("scan_hashes_flat", "to row hashes", hashes)]
      end

      private

      def measure(count, form, sides)
        @session.say("scanning #{count} rows: #{form}")
        table = @session.made("many_rows", count)
        @session.medians(sides, repeats: @settings.few) do |side|
          @session.contestants.run(side, "scan", table, *(side unless side == :ours), form)
        end
      end

      def arrow_rows(count, found)
        sides("scan_arrow", count, "Arrow batches (Polars: a DataFrame)", found, seconds: ARROW)
      end

      def sides(key, count, what, found, **budgets)
        work = "scan #{Comparison.thousands(count)} rows (6 columns) to #{what}"
        Sides.new(key, work, found, **budgets).check(count).rows
      end

      def flat(key, form, found)
        small, large = found.map { |one| one.dig(:ours, :peak_mb) }
        Row.new(key: key, work: "our peak memory of a scan #{form} of #{LARGER} times the rows, over that of them",
                unit: "times", ours: (large / small).round(2), budget: FLAT)
      end
    end
  end
end
