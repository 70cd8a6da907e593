# frozen_string_literal: true

require_relative "job"
require_relative "row_json"
require_relative "set_aside"

module DeltaLake
  module Sidekiq
    # Appends rows that a {Buffer} has handed over, once, under the key that their flush had. A row that the table
    # refuses gets a job of its own, which fails until the table takes it: it ends among Sidekiq's dead jobs.
    #
    # @see HandOver
    class RePushJob
      include Job

      # @param table [String]
      # @param profile [String, nil] of the storage options
      # @param key [String]
      # @param rows [Array] from {RowJSON.dump}
      # @param options [Hash] `on_unknown`, the `queue`, and the `name` of the table, where it goes by that
      # @return [void]
      # @api private
      def perform(table, profile, key, rows, options = {})
        target = open_table(options["name"]&.to_sym || table, profile)
        how = { once: key, on_unknown: options.fetch("on_unknown", "raise").to_sym }
        loaded = RowJSON.load(rows)
        return target.append(loaded, **how) if loaded.one?

        aside = SetAside.new(key)
        append(target, loaded, aside, how)
        aside.push_once do |places|
          push(options, places.map { |place| [table, profile, "#{key}/row-#{place}", [rows[place]], options] })
        end
      end

      private

      # Where Redis cannot be told of a row, nothing is committed.
      def append(target, rows, aside, how)
        places = rows.each_with_index.with_object({}.compare_by_identity) { |(row, place), all| all[row] = place }
        left = rows.values_at(*((0...rows.size).to_a - aside.places))
        target.append(left, **how, on_bad_row: ->(row, _) { aside.add(places.fetch(row)) }) if left.any?
      end

      # Keys are the rows' by their places, for there may be others that are the same.
      def push(options, arguments)
        ::Sidekiq::Client.push_bulk({ "class" => self.class, "queue" => options["queue"], "args" => arguments }.compact)
      end
    end
  end
end
