# frozen_string_literal: true

require_relative "watchdog_job"

module DeltaLake
  module Sidekiq
    class FanOut
      # Looks after the watchdogs of all fan-outs, in each server process: where Redis was full or away for a while,
      # watchdogs are lost, and there may be no task left that ends and calls another.
      # @api private
      module Rounds
        # Seconds between two.
        EVERY = 60
        private_constant :EVERY

        class << self
          # @param every [Numeric] seconds
          # @return [Thread]
          def begin(every: EVERY)
            return @thread if @thread&.alive?

            @thread = Thread.new { run(every) }
            @thread.name = "deltalake fan-outs"
            @thread
          end

          private

          # Processes that start at once are not to come at once each time.
          def run(every)
            loop do
              WatchdogJob.ensure_all
              sleep(every * rand(0.5..1.5))
            end
          end
        end
      end
    end
  end
end
