# frozen_string_literal: true

require_relative "../sides"

module Comparison
  module Works
    # A few rows of one file among many, which its statistics tell apart.
    class Selective
      # Rows of a file, and those that are read.
      FILE = 1_000
      ROWS = 10

      def initialize(session)
        @session = session
      end

      def rows
        files = @session.settings.small_files
        work = "open a table of #{Comparison.thousands(files)} files and read #{ROWS} rows of one by a range"
        @session.say(work)
        found = measure(@session.made("small_files", files), (files / 2 * FILE) + 500)
        budgets = %i[deltalake polars duckdb].to_h { |side| [side, Sides::NO_MORE] }
        Sides.new("selective", work, found, seconds: budgets, memory: budgets).check(ROWS).rows
      end

      private

      def measure(table, first)
        @session.medians(%i[deltalake polars duckdb ours]) do |side|
          peer = side unless side == :ours
          @session.contestants.run(side, "scan", table, *peer, "hashes", first, first + ROWS - 1)
        end
      end
    end
  end
end
