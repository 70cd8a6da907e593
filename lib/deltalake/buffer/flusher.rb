# frozen_string_literal: true

require_relative "waiting"

module DeltaLake
  class Buffer
    # The thread that flushes what waits, one batch after the other, each until it is in the table or all its rows were
    # refused.
    # @api private
    class Flusher
      # Seconds between the tries of a batch: at first, and at most.
      PAUSES = (0.25..30.0)
      # After these nothing was written.
      NOT_WRITTEN = [SchemaMismatchError, ConstraintViolationError, CommitConflictError, DeadlineExceededError,
                     StorageError, ConfigurationError, TableNotFoundError, UnsupportedFeatureError, CorruptTableError,
                     ForkError].freeze
      # Ends a try that takes longer than there is time to close.
      class Stop < Exception; end # rubocop:disable Lint/InheritException
      private_constant :PAUSES, :NOT_WRITTEN, :Stop

      # @return [Exception, nil] of the last try, where it failed
      attr_reader :last_error

      # @param waiting [Waiting]
      # @param letters [DeadLetters]
      # @param deadline [Numeric] seconds for a try
      # @param writer [Writer]
      # @param on_error [#call]
      def initialize(waiting, letters, writer, deadline:, on_error:)
        @waiting = waiting
        @letters = letters
        @writer = writer
        @deadline = deadline
        @on_error = on_error
        @lock = Mutex.new
      end

      # Starts the thread, or another where something has ended it.
      def start
        return if @thread&.alive?

        @lock.synchronize do
          next if @thread&.alive?

          # The thread begins with what holds here: one that is stopped before it has begun must not end with Stop.
          @thread = Thread.handle_interrupt(Stop => :never) { Thread.new { run } }
          @thread.name = "deltalake buffer"
          @thread.report_on_exception = false
        end
      end

      # Goes on until nothing waits, or the time is over.
      #
      # @param deadline [Float] of the monotonic clock
      # @param grace [Numeric] seconds that a commit under way has besides
      def finish(deadline, grace: 5)
        @stop_at = deadline
        start if @waiting.rest.any?
        return if @thread.nil? || @thread.join([deadline - Clock.now, 0].max)

        @thread.raise(Stop)
        # It ends when it has delivered.
        return if @letters.delivering?

        @waiting.rest.first&.failed(uncertain: true) unless @thread.join(grace)
      end

      private

      def run
        while (batch = Thread.handle_interrupt(Stop => :immediate) { @waiting.take })
          break if @stop_at && Clock.now >= @stop_at

          flush(batch)
        end
      rescue Stop
        nil
      rescue Exception => e # rubocop:disable Lint/RescueException
        # The next push begins another thread, and whoever waits is told why.
        tell(@last_error = e)
      end

      def flush(batch)
        refused = {}.compare_by_identity
        try(batch, refused)
        done = true
      rescue *FAULTS => e
        failed(batch, e, refused)
        done = true
      ensure
        broken_off(batch, refused) unless done
      end

      # The batch may be in the table without the rows that were refused: who tries it again is not told of them.
      def broken_off(batch, refused)
        batch.failed(uncertain: batch.begun?)
        @waiting.dropped(leave(batch, refused))
      end

      def try(batch, refused)
        seconds = @stop_at ? [@deadline, [@stop_at - Clock.now, 0.001].max].min : @deadline
        Thread.handle_interrupt(Stop => :immediate) { append(batch, seconds, refused) }
        batch.land
        bury(batch, refused)
        @last_error = nil
        @waiting.finished(batch)
      end

      def append(batch, seconds, refused)
        known = { rows: batch.rows.size, why: batch.why, try: batch.failures + 1, memory: batch.bytes,
                  waited: Clock.now - batch.since }
        Instrumentation.tell_run(:flush, Address.of(batch.table), **known) do |told|
          @writer.append(batch, seconds) { |row, error| refused[row] = error }
        ensure
          told[:refused] = refused.size
        end
      end

      # Refused rows are in none of the tries that follow.
      def failed(batch, error, refused)
        @last_error = error
        batch.failed(uncertain: uncertain?(batch, error))
        bury(batch, refused)
        return isolate(batch, error) if of_a_row?(batch, error)

        tell(error)
        @waiting.pause(pause_after(batch.failures))
      end

      # What is no error of this library may have come after the commit, from a logger for one.
      def uncertain?(batch, error)
        return false unless batch.begun?
        return NOT_WRITTEN.none? { |kind| error.is_a?(kind) } if error.is_a?(Error)

        @writer.landed?(batch)
      rescue *FAULTS
        true
      end

      # An error that is no answer of the table comes of a value in a row.
      def of_a_row?(batch, error)
        return false if batch.uncertain? || !batch.begun? || batch.rows.empty?

        [SchemaMismatchError, ConstraintViolationError].any? { |kind| error.is_a?(kind) } || !error.is_a?(Error)
      end

      # One bad row keeps no other from the table.
      def isolate(batch, error)
        return @waiting.replaced(batch, batch.halves) if batch.rows.size > 1

        bury(batch, { batch.rows.first => error }.compare_by_identity)
        @waiting.finished(batch)
      end

      # Nothing else is flushed until they are taken: what nobody takes counts as waiting.
      def bury(batch, refused)
        count = leave(batch, refused)
        deliver
      ensure
        @waiting.dropped(count.to_i)
      end

      # How many leave their batch: from here on it is without them.
      def leave(batch, refused)
        count = refused.size
        batch.drop(refused)
        refused.each { |row, error| @letters.add(row, error) }
        refused.clear
        count
      end

      def deliver
        failures = 0
        begin
          @letters.deliver
        rescue *FAULTS => e
          tell(@last_error = e)
          @waiting.idle(pause_after(failures += 1))
          retry unless @waiting.closed?
        end
      end

      def tell(error)
        DeltaLake.configuration.wrap { @on_error.call(error) }
      rescue *FAULTS
        nil
      end

      def pause_after(failures)
        longest = [PAUSES.begin * (2**[failures - 1, 10].min), PAUSES.end].min
        longest = [longest, 0.5].min if @stop_at
        longest * rand(0.5..1.0)
      end
    end
  end
end
