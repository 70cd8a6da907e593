# frozen_string_literal: true

module DeltaLake
  class Buffer
    # Rows that the table does not take, until the user's callable has them: one that raises is given them again.
    # @api private
    class DeadLetters
      # @param table [String] address
      # @param receiver [#call] called with row and error
      def initialize(table, receiver)
        @table = table
        @receiver = receiver
        @letters = []
        @lock = Mutex.new
      end

      # @return [Integer]
      def size
        @lock.synchronize { @letters.size }
      end

      # @param row [Hash]
      # @param error [Exception]
      def add(row, error)
        @lock.synchronize { @letters << [row, error] }
      end

      # Gives each to the receiver.
      #
      # @raise [StandardError, ScriptError] what the receiver raised first; those rows stay
      def deliver
        count, reason = @lock.synchronize { [@letters.size, @letters.first&.last] }
        return if count.zero?

        known = { rows: count, reason: reason.message }
        Instrumentation.tell_run(:dead_letter, Address.of(@table), **known) { deliver_all }
      end

      private

      # What interrupts the receiver leaves the row that it had, and all that follow.
      def deliver_all
        failed = []
        letters = @lock.synchronize { @letters.shift(@letters.size) }
        DeltaLake.configuration.wrap { deliver_each(letters, failed) }
        raise failed.first.last if failed.any?
      ensure
        @lock.synchronize { @letters = failed.map(&:first) + letters + @letters }
      end

      def deliver_each(letters, failed)
        until letters.empty?
          error = failure(letters.first)
          failed << [letters.first, error] if error
          letters.shift
        end
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
