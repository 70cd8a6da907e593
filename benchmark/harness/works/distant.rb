# frozen_string_literal: true

require_relative "../distant_store"
require_relative "../sides"

module Comparison
  module Works
    # Tables in a store of which each request takes some time: how many requests wait for each other is what counts.
    class Distant
      HALF = Budget.share(0.5, "1/2")
      NO_MORE = Sides::NO_MORE
      SCANNERS = %i[deltalake query polars ours].freeze
      # Rows of a small file.
      FILE = 1_000

      def initialize(session)
        @session = session
        @settings = session.settings
        @where = "#{@settings.delay_ms} ms a request"
      end

      def rows
        DistantStore.run(@settings.delay_ms / 1000.0) do |store|
          @store = store
          small = store.put(@session.made("small_appends", @settings.distant_files))
          large = store.put(@session.made("many_rows", @settings.large_rows, @settings.large_rows))
          [*opened(small), *append, *scan_small(small), *scan_large(large)]
        end
      end

      private

      def opened(table)
        files = Comparison.thousands(@settings.distant_files)
        work = "#{@where}: open a table of #{files} commits and list its files"
        found = measure(work, %i[deltalake ours]) do |side|
          run(side, "open_table", table, *(side unless side == :ours))
        end
        [*beside("distant_open", work, found, deltalake: NO_MORE),
         Row.new(key: "distant_open_again", work: "the same again in the same process; the peer's side: deltalake",
                 full: "#{work} again", unit: "s", peer: found.dig(:deltalake, :again), ours: found.dig(:ours, :again),
                 budget: NO_MORE)]
      end

      # Each process has a table of its own, which grows.
      def append
        empty = @session.made("many_commits", 0)
        work = "#{@where}: append 3 rows"
        found = measure(work, %i[deltalake ours]) do |side|
          run(side, "append_small", @store.put(empty), @settings.appends)
        end
        beside("distant_append", work, found, requests: "requests of #{@settings.appends} of them", deltalake: HALF)
      end

      def scan_small(table)
        files, rows = [@settings.distant_files, FILE].map { |number| Comparison.thousands(number) }
        work = "#{@where}: open a table and scan #{files} files of #{rows} rows"
        scan("distant_scan", work, table, @settings.distant_files * FILE, deltalake: HALF, query: HALF, polars: NO_MORE)
      end

      def scan_large(table)
        count = @settings.large_rows
        work = "#{@where}: open a table and scan a file of #{Comparison.thousands(count)} rows"
        scan("distant_large", work, table, count, deltalake: NO_MORE, query: NO_MORE, polars: NO_MORE)
      end

      def scan(key, work, table, count, **budgets)
        found = measure(work, SCANNERS) { |side| run(side, "scan", table, *(side unless side == :ours), "arrow") }
        wrong = found.reject { |_, one| one[:result] == count }
        raise "#{work}: #{count} rows expected: #{wrong}" unless wrong.empty?

        beside(key, work, found, **budgets)
      end

      def measure(work, sides)
        @session.say(work)
        @session.medians(sides, repeats: @settings.few) do |side|
          found, requests = @store.asked { yield side }
          { **found, requests: requests }
        end
      end

      def run(side, script, *arguments)
        @session.contestants.run(side == :ours ? :ours : :peer, script, *arguments, environment: @store.environment)
      end

      # A row of seconds and one of requests for each peer.
      def beside(key, work, found, requests: "its requests", **budgets)
        budgets.flat_map do |peer, budget|
          first = peer == budgets.keys.first
          side = "; the peer's side: #{Sides::NAMES.fetch(peer)}"
          row = ->(**rest) { Row.new(key: first ? key : "#{key}_#{peer}", full: "#{work}#{side}", **rest) }
          seconds, count = %i[seconds requests].map do |figure|
            { peer: found.dig(peer, figure), ours: found.dig(:ours, figure) }
          end
          [row.call(work: "#{first ? work : 'the same'}#{side}", unit: "s", **seconds, budget: budget),
           row.call(work: requests, unit: "", **count)]
        end
      end
    end
  end
end
