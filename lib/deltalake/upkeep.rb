# frozen_string_literal: true

require_relative "address"
require_relative "checkpoint"
require_relative "clock"
require_relative "instrumentation"
require_relative "log"
require_relative "log_cleanup"

module DeltaLake
  # Checkpoints that are written behind commits: what they did is told, and a process that ends waits for them.
  # @api private
  module Upkeep
    # What is told of what went well.
    FACTS = %i[version files bytes expired].freeze
    private_constant :FACTS

    class << self
      # Tells of what has come in since the last call, in the thread of whoever calls: nothing of Ruby's runs where
      # checkpoints are written. Errors are told, and nothing else: what failed is done again by who comes next.
      def report
        return unless DeltaLake.configuration.logger || DeltaLake.configuration.instrumenter

        Native.upkeep_done.each do |table, kept, error|
          facts = kept ? FACTS.zip(kept).to_h : { error: }
          Instrumentation.announce(:upkeep, table, **facts)
          log(Address.shown(table), **facts) unless Instrumentation.logged?
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

      private

      def log(table, error: nil, **facts)
        return Log.error { "#{table}: upkeep after a commit failed: #{error.message}" } if error

        Log.info do
          "#{table}: checkpoint of version #{facts[:version]}: #{facts[:files]} files, #{facts[:bytes]} bytes; " \
            "#{facts[:expired]} expired files of the log deleted"
        end
      end
    end

    Native.upkeep_in_background(true)
    at_exit { finish }
  end
end
