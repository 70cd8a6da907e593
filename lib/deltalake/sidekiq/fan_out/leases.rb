# frozen_string_literal: true

module DeltaLake
  module Sidekiq
    class FanOut
      # Says for the tasks that this process is at work on that it is: one thread for all of them.
      # @api private
      module Leases
        # Least seconds between two rounds.
        PAUSE = 0.2
        private_constant :PAUSE

        @held = {}.compare_by_identity
        @lock = Mutex.new

        class << self
          # @param state [State]
          # @param member [Object] a task or a callback
          def hold(state, member)
            state.begin(member)
            entry = [state, member, state.lease / 3.0]
            @lock.synchronize { add(entry) }
            yield
          ensure
            @lock.synchronize { @held.delete(entry) } if entry
          end

          private

          # The child of a fork has neither the thread nor the work of its parent.
          def add(entry)
            @held.clear if @pid != Process.pid
            @pid = Process.pid
            @held[entry] = Clock.now
            return if @thread&.alive?

            @thread = Thread.new { run }
            @thread.name = "deltalake leases"
          end

          def run
            while (entries = at_work)
              sleep([[entries.map(&:last).min / 2, PAUSE].max, 1].min)
              entries.each { |entry| renew(*entry, entry) }
            end
          end

          # Where there is nothing, the thread ends, and the next work begins another.
          def at_work
            @lock.synchronize { @held.empty? ? @thread = nil : @held.keys }
          end

          # Whoever cannot say so in time is taken for lost, and its work done twice and counted once.
          def renew(state, member, every, entry)
            return unless @lock.synchronize { @held[entry]&.<=(Clock.now - every) }

            state.renew(member)
            @lock.synchronize { @held[entry] = Clock.now if @held.key?(entry) }
          rescue StandardError => e
            ::Sidekiq.logger.warn { "deltalake: a lease could not be renewed: #{e.message}" }
          end
        end
      end
    end
  end
end
