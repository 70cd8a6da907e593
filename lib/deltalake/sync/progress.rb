# frozen_string_literal: true

require_relative "../terminal_line"

module DeltaLake
  class Sync
    # Tells how far a run is: a callable gets rows done and all rows (nil where nobody knows); a terminal gets a bar.
    # @api private
    class Progress
      # Characters of the bar.
      WIDTH = 30

      # @param given [#call, nil, false] nil for a bar where `terminal` is one, false for nothing
      def initialize(given, name, terminal: $stderr)
        unless given.nil? || given == false || given.respond_to?(:call)
          raise ArgumentError, "progress must respond to call(done, total), or be nil or false, got #{given.inspect}"
        end

        @callable = given || nil
        @line = TerminalLine.new(terminal) if given.nil?
        @name = name
        start(nil)
      end

      # @param total [Integer, nil]
      def start(total)
        @total = total
        @done = 0
      end

      # @param rows [Integer] so many more
      def add(rows)
        @done += rows
        @callable&.call(@done, @total)
        @line&.show { "#{@name}: #{line}" }
      end

      # Takes the bar away.
      def clear
        @line&.clear
      end

      private

      def line
        return "#{TerminalLine.grouped(@done)} rows" unless @total&.positive?

        share = [@done.fdiv(@total), 1.0].min
        full = (share * WIDTH).floor
        "[#{'=' * full}#{' ' * (WIDTH - full)}] #{(share * 100).floor} % of #{TerminalLine.grouped(@total)} rows"
      end
    end
  end
end
