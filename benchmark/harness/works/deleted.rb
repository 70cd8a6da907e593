# frozen_string_literal: true

require_relative "../sides"

module Comparison
  module Works
    # A table whose deletion vectors delete a tenth of its rows, and the same table before.
    class Deleted
      FORMS = { "arrow" => [%i[query polars duckdb ours], { query: Sides::NO_MORE }, "Arrow"],
                "hashes" => [%i[polars duckdb ours], { polars: Budget.share(0.5, "1/2") }, "row hashes"] }.freeze

      def initialize(session)
        @session = session
        @count = session.settings.rows
      end

      def rows
        FORMS.flat_map do |form, (sides, budgets, name)|
          work = "scan #{Comparison.thousands(@count)} rows, 10 % deleted by deletion vectors, to #{name}"
          @session.say(work)
          found = measure("deleted_rows", form, sides)
          [*Sides.new("deleted_#{form}", work, found, seconds: budgets).check(left).rows,
           cost(form, name, found, measure("many_rows", form, [:ours]))]
        end
      end

      private

      # A tenth of each file is deleted.
      def left
        @count - (@count / 10)
      end

      def measure(script, form, sides)
        table = @session.made(script, @count)
        @session.medians(sides, repeats: @session.settings.few) do |side|
          @session.contestants.run(side, "scan", table, *(side unless side == :ours), form)
        end
      end

      def cost(form, name, with, without)
        share = with.dig(:ours, :seconds) / without.dig(:ours, :seconds)
        Row.new(key: "deleted_#{form}_cost", work: "our scan to #{name} with them, over that without", unit: "times",
                ours: share.round(2))
      end
    end
  end
end
