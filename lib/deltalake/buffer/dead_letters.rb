# frozen_string_literal: true

module DeltaLake
  class Buffer
    # Rows that the table does not take, until the user's callable has them: one that raises is given them again.
    # @api private
    class DeadLetters
      # @param receiver [#call] called with row and error
      def initialize(receiver)
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
      # @raise [StandardError] what the receiver raised first; those rows stay
      def deliver
        letters = @lock.synchronize { @letters.shift(@letters.size) }
        failed = letters.filter_map { |letter| [letter, failure(letter)].then { |pair| pair if pair.last } }
        return if failed.empty?

        @lock.synchronize { @letters.unshift(*failed.map(&:first)) }
        raise failed.first.last
      end

      private

      def failure(letter)
        @receiver.call(*letter)
        nil
      rescue StandardError => e
        e
      end
    end
  end
end
