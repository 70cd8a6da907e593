# frozen_string_literal: true

require_relative "fan_out"

module DeltaLake
  module Sidekiq
    # Makes a job one of a {FanOut}: it has `perform_task(task, *args)` in place of `perform`. A task that is finished
    # is not done again; one that raises is left to Sidekiq's retries.
    #
    # @example
    #   class ImportJob
    #     include Sidekiq::Job
    #     include DeltaLake::Sidekiq::TaskJob
    #
    #     def perform_task(task) = task.each_batch { |rows| Import.call(rows) }
    #   end
    module TaskJob
      # Whose tasks it does.
      # @api private
      FAN_OUT = FanOut

      # @param id [String] of the fan-out
      # @param number [String] of the task
      # @return [void]
      # @api private
      def perform(id, number)
        state = FanOut::State.new(id)
        unless state.about
          raise ArgumentError, "fan-out #{id} is not known: Redis has forgotten it, and task #{number} is not done"
        end

        task = state.task(number)
        at_work(state, number, task) if task
        FanOut::WatchdogJob.ensure_scheduled(state) if state.open?
        FanOut::Callback.settle(state)
      end

      private

      def at_work(state, number, task)
        FanOut::Leases.hold(state, number) do
          name = state.older? ? number : FanOut::Tasks.name(task)
          result = CurrentJob.with("fan-out-#{state.id}-#{name}") do
            run_task(FanOut::Tasks.load(task, state.about["storage"]), state.about)
          end
          state.finish(number, result)
        end
      rescue StandardError
        state.fail(number)
        raise
      end

      # Gives what is to be kept of the task.
      def run_task(task, about)
        perform_task(task, *about.fetch("args"))
        nil
      end
    end
  end
end
