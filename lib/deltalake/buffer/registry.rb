# frozen_string_literal: true

module DeltaLake
  class Buffer
    # The buffers of this process that have taken rows, to be flushed when it is told to end, and closed when it ends.
    # @api private
    module Registry
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

        # All at once, for there is little time, and one that cannot be closed keeps no other from it.
        def close
          all.map { |buffer| Thread.new { close_one(buffer) } }.each(&:join)
        end

        private

        def close_one(buffer)
          buffer.close
        rescue Exception => e # rubocop:disable Lint/RescueException
          warn "deltalake: #{buffer.inspect} was closed with an error: #{e.full_message(highlight: false)}"
        end
      end

      at_exit { close }
    end
  end
end
