# frozen_string_literal: true

require "securerandom"
require "sidekiq/api"
require_relative "../job"
require_relative "callback"
require_relative "state"
require_relative "tasks"

module DeltaLake
  module Sidekiq
    class FanOut
      # Pushes again what was lost with a process that was killed: Sidekiq has no trace of it; and what that had not
      # pushed yet. Comes back until the fan-out is over, or tasks are gone; where it is itself lost, the next task that
      # ends or {Rounds} call another.
      # @api private
      class WatchdogJob
        include Job

        class << self
          # Sidekiq::Testing runs it at once in place of at its time, again and again, and loses no job.
          #
          # @param state [State]
          def schedule(state)
            return if ::Sidekiq.const_defined?(:Testing) && ::Sidekiq::Testing.enabled?

            jid = SecureRandom.hex(12)
            time = state.now + (state.lease / 2)
            state.watched(jid, time)
            ::Sidekiq::Client.push("class" => self, "args" => [state.id], "jid" => jid, "at" => time,
                                   "queue" => state.queue(self))
          end

          # @param state [State]
          def ensure_scheduled(state)
            _, time = state.watch
            schedule(state) unless (time && near?(state, time)) || state.lost?
          end

          # Of all fan-outs that are not over.
          def ensure_all
            guarded("fan-outs") do
              State.all.each { |id| guarded("fan-out #{id}") { look_after(State.new(id)) } }
            end
          end

          private

          # One that is late was lost, and one that is far off has the time of a clock that is wrong.
          def near?(state, time)
            (time - state.now).abs <= 2 * state.lease
          end

          def guarded(what)
            yield
          rescue StandardError => e
            ::Sidekiq.logger.warn { "deltalake: #{what} could not be looked after: #{e.message}" }
          end

          def look_after(state)
            return state.sweep unless state.about

            state.over? ? state.over : ensure_scheduled(state)
          end
        end

        # @param id [String]
        # @return [void]
        def perform(id)
          state = State.new(id)
          return if state.about.nil? || state.over? || state.watch&.first != jid
          raise state.loss("tasks") if state.lost?

          self.class.schedule(state)
          state.touch
          Tasks.push_new(state, state.hopeful) unless state.pushed?
          lost(state)
          Callback.settle(state)
        end

        private

        def lost(state)
          found, early = state.overdue.partition { |member, pushed| pushed.nil? || taken?(state, member, pushed) }
          early.each { |member, _| state.renew(member) }
          tasks, callbacks = found.map(&:first).partition { |member| Callback.step(member).nil? }
          push_tasks(state, tasks)
          callbacks.each do |member|
            state.wait([member])
            Callback.push(state, Callback.step(member))
          end
        end

        def push_tasks(state, members)
          open, finished = members.partition { |member| state.task(member) }
          finished.each { |member| state.forget(member) }
          state.wait(open)
          Tasks.push(state, open)
        end

        # Whether a job that was pushed then, and has not begun, can no longer be in its queue: all that is there is
        # younger.
        def taken?(state, member, pushed)
          step = Callback.step(member)
          name = step ? Callback.queue(state, step) : Tasks.queue(state)
          pushed < ((@oldest ||= {})[name] ||= oldest(state, ::Sidekiq::Queue.new(name))) - 1
        end

        def oldest(state, queue)
          queue.size.zero? ? state.now : state.now - queue.latency
        end
      end
    end
  end
end
