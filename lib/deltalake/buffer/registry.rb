# frozen_string_literal: true

module DeltaLake
  class Buffer
    # The buffers of this process that have taken rows, to be flushed when it is told to end, and closed when it ends.
    # @api private
    module Registry
      # Seconds besides `close_deadline` that a signal waits: for a commit under way, and who takes the rows over.
      PATIENCE = 15
      private_constant :PATIENCE

      @buffers = {}.compare_by_identity
      @lock = Mutex.new

      class << self
        # @param buffer [Buffer]
        def add(buffer)
          @lock.synchronize { @buffers[buffer] = true } unless @buffers.key?(buffer)
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
          closing = {}.compare_by_identity
          signal = interruption { start(closing).each(&:join) } or return
          limit = Clock.now + PATIENCE + (closing.keys.map(&:close_deadline).max || 0)
          nil while interruption { start(closing).each { |thread| thread.join([limit - Clock.now, 0].max) } }
          interruption { closing.each { |buffer, thread| give_up(buffer, thread) if thread.alive? } }
          raise signal
        end

        private

        # What a signal, or its `trap`, has raised.
        def interruption
          yield
          nil
        rescue SignalException, SystemExit => e
          e
        end

        def start(closing)
          all.each { |buffer| closing[buffer] ||= Thread.new { close_one(buffer) } }
          closing.values
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
          buffer.close
        rescue Exception => e # rubocop:disable Lint/RescueException
          complain(buffer, e)
          buffer.write_down
        end

        def complain(buffer, error)
          warn "deltalake: #{buffer.inspect} was closed with an error: #{error.full_message(highlight: false)}"
        end
      end

      at_exit { close }
    end
  end
end
