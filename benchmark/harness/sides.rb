# frozen_string_literal: true

require_relative "row"

module Comparison
  # One work beside each of its peers: a row of seconds and one of peak memory for each. Budgets are by peer.
  class Sides
    NAMES = { deltalake: "deltalake", query: "deltalake QueryBuilder", polars: "Polars", duckdb: "DuckDB" }.freeze
    # What has no budget of its own is to be no slower.
    NO_MORE = Budget.share(1, "1")

    def initialize(key, work, found, seconds: {}, memory: {})
      @key = key
      @work = work
      @found = found
      @budgets = { seconds: seconds, memory: memory }
    end

    def rows
      peers.flat_map { |peer| [seconds(peer), memory(peer)] }
    end

    # Raises unless all sides found so many.
    def check(count)
      return self if @found.values.all? { |one| one[:result] == count }

      raise "#{@work}: #{count} expected, found #{@found.transform_values { |one| one[:result] }}"
    end

    private

    def peers
      @found.keys - [:ours]
    end

    def seconds(peer)
      side = "; the peer's side: #{NAMES.fetch(peer)}"
      row(peer, @key, :seconds, unit: "s", work: (peer == peers.first ? @work : "the same") + side, full: @work + side,
                                budget: @budgets[:seconds][peer])
    end

    def memory(peer)
      row(peer, "#{@key}_memory", :peak_mb, unit: "MB", work: "its peak memory", budget: @budgets[:memory][peer],
                                            full: "peak memory of: #{@work}; the peer's side: #{NAMES.fetch(peer)}")
    end

    def row(peer, key, figure, **rest)
      Row.new(key: peer == peers.first ? key : "#{key}_#{peer}", peer: @found.dig(peer, figure),
              ours: @found.dig(:ours, figure), **rest)
    end
  end
end
