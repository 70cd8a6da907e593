# frozen_string_literal: true

require "json"
require_relative "re_push_job"
require_relative "row_json"

module DeltaLake
  module Sidekiq
    # Where a {Buffer} leaves what it could not flush before its process ended: in Redis, as jobs that append it, each
    # row once, whatever becomes of a flush whose outcome is not known.
    #
    # @example
    #   DeltaLake::Buffer.new("s3://bucket/events", storage: :warehouse, dead_letter: LETTERS,
    #                         hand_over: DeltaLake::Sidekiq::HandOver.new)
    class HandOver
      # Rows, and bytes of JSON, that one job holds at most.
      ROWS = 1_000
      BYTES = 256 << 10

      # @param storage [Symbol, String, nil] name of a profile of {Configuration#storage_profiles}, for no secret goes
      #   to Redis; nil for the buffer's, or the configured defaults where that has options of its own
      # @param queue [String, Symbol] of these jobs, and of those of single rows that the table refuses
      # @param on_unknown [Symbol, nil] (see Table#append); nil for the buffer's
      def initialize(storage: nil, queue: "default", on_unknown: nil)
        @profile = storage&.to_s
        @queue = queue.to_s
        @on_unknown = on_unknown
      end

      # @param batch [Buffer::Batch]
      # @return [Integer] jobs that were pushed, all of them at once
      def call(batch)
        profile = @profile || batch.profile&.to_s
        options = options(batch)
        parts = parts(batch)
        push(parts.map { |key, rows| [batch.table, profile, key, rows.map(&:last), options] }) if parts.any?
        parts.size
      rescue StandardError => e
        parts&.each { |key, rows| rows.each { |row, _| batch.refuse(row, unknown(batch, key, e)) } }
        raise
      end

      private

      def push(arguments)
        ::Sidekiq::Client.push_bulk("class" => RePushJob, "queue" => @queue, "args" => arguments)
      end

      # Redis may have taken what it gave no answer to.
      def unknown(batch, key, error)
        raise CommitOutcomeUnknownError.new("the row may be in Redis, in a job that adds it with once: #{key.inspect}",
                                            table: batch.table), cause: error
      rescue CommitOutcomeUnknownError => e
        e
      end

      def options(batch)
        on_unknown = @on_unknown || batch.on_unknown
        { "on_unknown" => (on_unknown.to_s unless on_unknown == :raise), "name" => batch.name&.to_s,
          "queue" => @queue }.compact
      end

      # Rows that may be in the table already stay together, under their key.
      def parts(batch)
        rows = forms(batch)
        return [] if rows.empty?

        parts = batch.uncertain? ? [rows] : split(rows)
        return [[batch.key, rows]] if parts.size <= 1

        parts.map.with_index(1) { |part, number| ["#{batch.key}/#{number}", part] }
      end

      # Rows and their forms. One that has no form in JSON, or is nested too deep in a job for it, keeps back no other.
      def forms(batch)
        batch.rows.filter_map do |row|
          [row, RowJSON.dump(row).tap { |form| JSON.generate("args" => [[form]]) }]
        rescue TypeError, JSON::JSONError => e
          batch.refuse(row, e)
          nil
        end
      end

      def split(rows)
        bytes = 0
        rows.each_with_object([[]]) do |row, parts|
          bytes += JSON.generate(row.last).bytesize
          if parts.last.any? && (bytes > BYTES || parts.last.size == ROWS)
            parts << []
            bytes = JSON.generate(row.last).bytesize
          end
          parts.last << row
        end
      end
    end
  end
end
