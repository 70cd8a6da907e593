# frozen_string_literal: true

module DeltaLake
  class Buffer
    # Rows that the table does not take, until the user's callable has them: one that raises is given them again. Each
    # stays here until it has been taken, so that who ends the buffer finds what another thread is about to give.
    # @api private
    class DeadLetters
      # @param table [String] address
      # @param receiver [#call] called with row and error
      def initialize(table, receiver)
        @table = table
        @receiver = receiver
        @letters = {}.compare_by_identity
        @given = 0
        @lock = Mutex.new
        @delivery = Mutex.new
      end

      # @return [Integer]
      def size
        @lock.synchronize { @letters.size }
      end

      # @return [Boolean] whether a thread is at it
      def delivering?
        @delivery.locked?
      end

      # @param row [Hash]
      # @param error [Exception]
      def add(row, error)
        @lock.synchronize { @letters[[row, error]] = true }
      end

      # Gives each to the receiver, after whoever is at it.
      #
      # @raise [StandardError, ScriptError] what the receiver raised first; those rows stay
      def deliver
        @delivery.synchronize do
          letters = all
          next if letters.empty?

          known = { rows: letters.size, reason: letters.first.last.message }
          Instrumentation.tell_run(:dead_letter, Address.of(@table), **known) { deliver_all(letters) }
        end
      end

      # At the end, when nobody comes again for the rest. However long it takes, as long as it goes on.
      #
      # @param patience [Numeric] seconds that the receiver has for a row
      # @return [Boolean] whether it has taken all; what it has not is in the log
      # @raise (see #deliver)
      def deliver_patiently(patience)
        return true if size.zero?

        thread = Thread.new { deliver }
        thread.report_on_exception = false
        given = @given
        until thread.join(patience)
          return write_down if given == @given

          given = @given
        end
        true
      ensure
        thread&.kill
      end

      # Leaves to the log, or standard error, what nobody takes.
      #
      # @return [Boolean] whether there was nothing
      def write_down
        letters = @lock.synchronize { @letters.keys.tap { @letters.clear } }
        letters.each do |row, error|
          Log.complain("#{Address.shown(@table)}: dead_letter has not taken a row, which is nowhere else now: " \
                       "#{row.inspect} (#{error.class}: #{error.message})")
        end
        letters.empty?
      end

      private

      def all
        @lock.synchronize { @letters.keys }
      end

      # What interrupts the receiver leaves the row that it had, and all that follow.
      def deliver_all(letters)
        failures = DeltaLake.configuration.wrap { letters.filter_map { |letter| deliver_one(letter) } }
        raise failures.first if failures.any?
      end

      # Gives what the receiver has raised.
      def deliver_one(letter)
        return unless @lock.synchronize { @letters.key?(letter) }

        error = failure(letter)
        @lock.synchronize do
          @letters.delete(letter) unless error
          @given += 1
        end
        error
      end

      def failure(letter)
        @receiver.call(*letter)
        nil
      rescue *FAULTS => e
        e
      end
    end
  end
end
