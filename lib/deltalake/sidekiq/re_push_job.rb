# frozen_string_literal: true

require "digest"
require "json"
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
      # @param options [Hash] of {Table#append}
      # @return [void]
      # @api private
      def perform(table, profile, key, rows, options = {})
        @arguments = [table, profile, options]
        handler = rows.one? ? :raise : ->(row, _) { alone(key, RowJSON.dump(row)) }
        open_table(table, profile)
          .append(RowJSON.load(rows), once: key, on_bad_row: handler,
                                      on_unknown: options.fetch("on_unknown", "raise").to_sym)
      end

      private

      # Before the others are committed, and perhaps again when this job is run again: the key is the row's.
      def alone(key, row)
        table, profile, options = @arguments
        own = "#{key}/#{Digest::SHA256.hexdigest(JSON.generate(row))[0, 16]}"
        self.class.perform_async(table, profile, own, [row], options)
      end
    end
  end
end
