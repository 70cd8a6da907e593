# frozen_string_literal: true

require_relative "address"
require_relative "checkpoint"
require_relative "clock"
require_relative "log_cleanup"

module DeltaLake
  # Checkpoints that are written behind commits: what they did is logged, and a process that ends waits for them.
  # @api private
  module Upkeep
    class << self
      # Logs what has come in since the last call. Errors are logged, and nothing else: what failed is done again by who
      # comes next.
      def report
        logger = DeltaLake.configuration.logger
        return unless logger

        Native.upkeep_done.each do |table, report, error|
          line = "deltalake: #{Address.shown(table)}: #{report || "upkeep after a commit failed: #{error.message}"}"
          error && logger.respond_to?(:error) ? logger.error(line) : logger.info { line }
        end
      end

      # Waits for what is under way, as long as the configuration says. A signal ends the wait, not the exit.
      def finish
        Native.upkeep_wait(DeltaLake.configuration.checkpoint_wait.to_f) unless Native.upkeep_idle
        report
      rescue SignalException
        nil
      end

      # Runs a call of a table for its result and its duration.
      def timed
        started = Clock.now
        result = yield
        [*result, Clock.now - started]
      end
    end

    Native.upkeep_in_background(true)
    at_exit { finish }
  end
end
