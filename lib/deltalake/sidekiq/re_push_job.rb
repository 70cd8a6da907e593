# frozen_string_literal: true

require_relative "job"
require_relative "row_json"

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
        @arguments = [table, profile, options]
        loaded = RowJSON.load(rows)
        handler = rows.one? ? :raise : ->(row, _) { alone(key, loaded.index { |other| other.equal?(row) }, row) }
        open_table(options["name"]&.to_sym || table, profile)
          .append(loaded, once: key, on_bad_row: handler, on_unknown: options.fetch("on_unknown", "raise").to_sym)
      end

      private

      # Before the others are committed, and perhaps again when this job is run again: the key is the row's, by its
      # place, for there may be others that are the same.
      def alone(key, place, row)
        table, profile, options = @arguments
        job = options["queue"] ? self.class.set(queue: options["queue"]) : self.class
        job.perform_async(table, profile, "#{key}/row-#{place}", [RowJSON.dump(row)], options)
      end
    end
  end
end
