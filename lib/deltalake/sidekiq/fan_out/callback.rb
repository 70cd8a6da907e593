# frozen_string_literal: true

require "digest"
require_relative "leases"
require_relative "state"

module DeltaLake
  module Sidekiq
    class FanOut
      # The jobs that follow when all tasks are finished, one after the other, each until it has said that it is done.
      # @api private
      module Callback
        # Where a job carries the fan-out and the step that it is.
        MARK = "deltalake_fan_out"

        class << self
          # Pushes what comes next, if it is time for it; whoever finds that nothing is left calls it.
          #
          # @param state [State]
          # @raise [Error] where nothing is left because it is gone
          def settle(state)
            return unless state.left.zero? && state.open?
            raise state.loss("tasks") if state.lost?

            classes = state.about.fetch("callbacks")
            step = classes.each_index.find { |index| !state.confirmed?(index) }
            return state.over unless step

            push(state, step) if !state.dead?(member(step)) && state.claim([member(step)]).any?
          end

          # Always the same job: it may be pushed more than once.
          #
          # @param state [State]
          # @param step [Integer]
          def push(state, step)
            jid = Digest::SHA256.hexdigest("#{state.id}/#{step}")[0, 24]
            ::Sidekiq::Client.push("class" => job(state, step), "args" => [state.id, *state.about.fetch("args")],
                                   "jid" => jid, MARK => [state.id, step], "queue" => queue(state, step))
          end

          # @param state [State]
          # @param step [Integer]
          # @return [String] name of the queue that it waits in
          def queue(state, step)
            state.queue(job(state, step))
          end

          # @param mark [Array(String, Integer)]
          def run(mark, &)
            id, step = mark
            state = State.new(id)
            return yield if state.about.nil?
            return if state.over? || state.confirmed?(step)

            at_work(state, step, &)
            state.forget(member(step))
            settle(state)
          end

          # @param step [Integer]
          # @return [String] the callback's name among what is due
          def member(step)
            "done:#{step}"
          end

          # @param member [String]
          # @return [Integer, nil]
          def step(member)
            member[/\Adone:(\d+)\z/, 1]&.to_i
          end

          private

          def job(state, step)
            Object.const_get(state.about.fetch("callbacks").fetch(step))
          end

          def at_work(state, step, &)
            Leases.hold(state, member(step), &)
            state.confirm(step)
          rescue StandardError
            state.fail(member(step))
            raise
          end
        end
      end
    end
  end
end
