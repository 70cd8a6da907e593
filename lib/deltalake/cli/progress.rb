# frozen_string_literal: true

require_relative "../terminal_line"

module DeltaLake
  module CLI
    # Counts on a terminal what has been done, from when it takes a moment.
    # @api private
    class Progress
      # @yieldparam progress [Progress]
      def self.show(terminal, what)
        line = TerminalLine.new(terminal, after: TerminalLine::INTERVAL)
        yield new(line, what)
      ensure
        line&.clear
      end

      # @param line [TerminalLine]
      # @param what [String] that is counted
      def initialize(line, what)
        @line = line
        @what = what
        @count = 0
      end

      # @param count [Integer] so many more
      def add(count)
        @count += count
        @line.show { "#{TerminalLine.grouped(@count)} #{@what}" }
      end
    end
  end
end
