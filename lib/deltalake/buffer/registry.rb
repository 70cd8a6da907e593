# frozen_string_literal: true

module DeltaLake
  class Buffer
    # The buffers of this process that have taken rows, to be flushed when it is told to end, and closed when it ends.
    # @api private
    module Registry
      # Seconds besides `close_deadline` that a signal waits: for a commit under way, and who takes the rows over.
      PATIENCE = 15
      # How often buffers are closed at the end, since rows may come while that is done and after it: of a `dead_letter`
      # that pushes into another one, of a thread, and of what else runs `at_exit`, as some test frameworks do.
      ROUNDS = 5
      private_constant :PATIENCE, :ROUNDS

      # Each with the round that it took rows in.
      @buffers = {}.compare_by_identity
      @round = 0
      @lock = Mutex.new

      class << self
        # @param buffer [Buffer]
        # @raise [BufferClosedError] where it would not be closed any more
        def add(buffer)
          return if @buffers[buffer] == @round

          @lock.synchronize do
            await_end unless @awaited
            @buffers[buffer] = @round
          end
        end

        # @param buffer [Buffer]
        def remove(buffer)
          @lock.synchronize { @buffers.delete(buffer) }
        end

        # @return [Array<Buffer>]
        def all
          @lock.synchronize { @buffers.keys }
        end

        # All at once, for there is little time, and one that cannot be closed keeps no other from it. Their threads end
        # with the process: signals that come meanwhile wait for them, as long as their deadlines say.
        def close
          begin_round
          closing = {}.compare_by_identity
          signal = interruption { start(closing).each(&:join) } or return
          limit = Clock.now + patience(closing.keys)
          nil while interruption { start(closing).each { |thread| thread.join([limit - Clock.now, 0].max) } }
          interruption { closing.each { |buffer, thread| give_up(buffer, thread) if thread.alive? } }
          raise signal
        end

        # What is registered while others of its kind run comes next.
        def await_end
          raise BufferClosedError, "the process ends: no row was taken" if @round >= ROUNDS

          at_exit { close }
          @awaited = true
        end

        private

        def begin_round
          @lock.synchronize do
            @awaited = false
            @round += 1
          end
        end

        # What a signal, or its `trap`, has raised.
        def interruption
          yield
          nil
        rescue SignalException, SystemExit => e
          e
        end

        def start(closing)
          due.each { |buffer| closing[buffer] ||= Thread.new { close_one(buffer) } }
          closing.values
        end

        def patience(buffers)
          PATIENCE + (buffers.map(&:close_deadline).max || 0)
        end

        def due
          @lock.synchronize { @buffers.reject { |_, round| round == @round }.keys }
        end

        # Unless it has taken rows meanwhile.
        def closed(buffer)
          @lock.synchronize { @buffers.delete(buffer) unless @buffers[buffer] == @round }
        end

        def give_up(buffer, thread)
          thread.kill
          thread.join(1)
          buffer.give_up
        rescue *FAULTS => e
          complain(buffer, e)
        ensure
          buffer.write_down
        end

        def close_one(buffer)
          buffer.close_with_process
        rescue Exception => e # rubocop:disable Lint/RescueException
          complain(buffer, e)
          buffer.write_down
        ensure
          closed(buffer)
        end

        def complain(buffer, error)
          warn "deltalake: #{buffer.inspect} was closed with an error: #{error.full_message(highlight: false)}"
        end
      end

      await_end
    end
  end
end
