# frozen_string_literal: true

require_relative "clock"

module DeltaLake
  # One line that says how far long work has come, written again now and then; silence where there is no terminal.
  # @api private
  class TerminalLine
    # Seconds between two.
    INTERVAL = 0.2
    # Back to the beginning, and all of it away.
    AWAY = "\r\e[K"
    private_constant :AWAY

    # @param number [Integer]
    # @return [String] with commas between thousands
    def self.grouped(number)
      number.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, ",")
    end

    # @param terminal [IO]
    # @param after [Numeric] seconds before the first
    def initialize(terminal, after: 0)
      @terminal = terminal if terminal.tty?
      @next = Clock.now + after
    end

    # @yieldreturn [String] the line, where it is time for one
    def show
      return if @terminal.nil? || Clock.now < @next

      @next = Clock.now + INTERVAL
      @shown = true
      @terminal.print("#{AWAY}#{yield}")
    end

    # Takes it away.
    def clear
      @terminal.print(AWAY) if @shown
      @shown = false
    end
  end
end
