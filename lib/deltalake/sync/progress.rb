# frozen_string_literal: true

module DeltaLake
  class Sync
    # Tells how far a run is: a callable gets rows done and all rows (nil where nobody knows); a terminal gets a bar.
    # @api private
    class Progress
      # Seconds between two lines.
      INTERVAL = 0.2
      # Characters of the bar.
      WIDTH = 30

      # @param given [#call, nil, false] nil for a bar where `terminal` is one, false for nothing
      def initialize(given, name, terminal: $stderr)
        unless given.nil? || given == false || given.respond_to?(:call)
          raise ArgumentError, "progress must respond to call(done, total), or be nil or false, got #{given.inspect}"
        end

        @callable = given || nil
        @terminal = terminal if given.nil? && terminal.tty?
        @name = name
        start(nil)
      end

      # @param total [Integer, nil]
      def start(total)
        @total = total
        @done = 0
        @next = 0
      end

      # @param rows [Integer] so many more
      def add(rows)
        @done += rows
        @callable&.call(@done, @total)
        draw if @terminal && now >= @next
      end

      # Takes the bar away.
      def clear
        @terminal.print("\r\e[K") if @drawn
        @drawn = false
      end

      private

      def draw
        @drawn = true
        @next = now + INTERVAL
        @terminal.print("\r\e[K#{@name}: #{line}")
      end

      def line
        return "#{grouped(@done)} rows" unless @total&.positive?

        share = [@done.fdiv(@total), 1.0].min
        full = (share * WIDTH).floor
        "[#{'=' * full}#{' ' * (WIDTH - full)}] #{(share * 100).floor} % of #{grouped(@total)} rows"
      end

      def grouped(number)
        number.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, ",")
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
