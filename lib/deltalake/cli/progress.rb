# frozen_string_literal: true

module DeltaLake
  module CLI
    # One line on a terminal that says how far long work has come; silence everywhere else.
    # @api private
    class Progress
      # Seconds before the first line and between two.
      INTERVAL = 0.2

      # @yieldparam progress [Progress]
      def self.show(terminal, what)
        progress = new(terminal, what)
        yield progress
      ensure
        progress&.clear
      end

      def initialize(terminal, what)
        @terminal = terminal if terminal.tty?
        @what = what
        @count = 0
        @next = now + INTERVAL
      end

      # @param count [Integer] so many more
      def add(count)
        @count += count
        return if @terminal.nil? || now < @next

        @next = now + INTERVAL
        @shown = true
        @terminal.print("\r#{@count.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, ',')} #{@what}")
      end

      def clear
        @terminal.print("\r\e[K") if @shown
      end

      private

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
