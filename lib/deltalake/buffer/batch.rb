# frozen_string_literal: true

require "securerandom"

module DeltaLake
  class Buffer
    # Rows of one flush, with the key that they have in every try of it.
    class Batch
      # @return [String] address of the table
      attr_reader :table
      # @return [String] what `once:` is for these rows
      attr_reader :key
      # @return [Array<Hash>] as they were pushed
      attr_reader :rows
      # @return [Integer] estimated
      attr_reader :bytes
      # @return [Integer] how often a flush has failed
      attr_reader :failures
      # @return [Symbol, nil] name of the table in the configuration, where the buffer goes by that
      attr_reader :name
      # @return [Symbol, nil] name of the storage profile, where the buffer goes by that
      attr_reader :profile
      # @return [Symbol] what is done with keys that are no columns
      attr_reader :on_unknown

      # @param table [String]
      # @param number [Integer] of the flush: batches that it was split into have it too
      # @api private
      def initialize(table, number)
        @table = table
        @number = number
        @key = "buffer-#{SecureRandom.uuid}"
        @rows = []
        @bytes = 0
        @failures = 0
        @begun = @landed = @uncertain = false
        @on_unknown = :raise
        @refused = {}.compare_by_identity
      end

      # For who takes the batch over: a row that cannot go with it, and goes to `dead_letter`.
      #
      # @param row [Hash] one of {#rows}
      # @param error [Exception]
      # @return [void]
      def refuse(row, error)
        @refused[row] = error
      end

      # @return [Hash{Hash => Exception}] by identity: what was given to {#refuse}
      # @api private
      attr_reader :refused

      # @param how [Hash] that the buffer appends
      # @api private
      def comes_from(how)
        @name, @profile, @on_unknown = how.values_at(:name, :profile, :on_unknown)
      end

      # @return [Integer]
      # @api private
      attr_reader :number
      # @return [Float, nil] when its first row came
      # @api private
      attr_reader :since
      # @return [Symbol, nil] what made it full, or due
      # @api private
      attr_accessor :why

      # @return [Boolean] whether the rows may be in the table already, under the key: they must then go there as they
      #   are, under just this key
      def uncertain?
        @uncertain
      end

      # @api private
      def add(row, bytes, now)
        @since ||= now
        @rows << row
        @bytes += bytes
      end

      # @param refused [Hash{Hash => Exception}] by identity: rows that the table does not take
      # @api private
      def drop(refused)
        @rows = @rows.reject { |row| refused.key?(row) }
      end

      # An append of it begins.
      #
      # @api private
      def begin
        @begun = true
      end

      # @return [Boolean] whether anything of it may have been sent
      # @api private
      def begun?
        @begun
      end

      # Its rows are in the table.
      #
      # @api private
      def land
        @landed = true
      end

      # @return [Boolean]
      # @api private
      def landed?
        @landed
      end

      # @api private
      def failed(uncertain:)
        @failures += 1
        @uncertain = true if uncertain
      end

      # Halves with keys of their own, where it is sure that nothing was written under this one.
      #
      # @return [Array<Batch>]
      # @api private
      def halves
        size = (rows.size + 1) / 2
        [rows.take(size), rows.drop(size)].map do |part|
          Batch.new(table, number).tap do |half|
            half.why = why
            part.each { |row| half.add(row, Estimate.bytes(row), since) }
          end
        end
      end

      # @return [String]
      def inspect
        "#<#{self.class} #{key} rows=#{rows.size} bytes=#{bytes} failures=#{failures}>"
      end
    end
  end
end
