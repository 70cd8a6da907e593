# frozen_string_literal: true

require_relative "../deadline"

module DeltaLake
  module Sidekiq
    # Seconds that a job may take.
    # @api private
    class Budget < Deadline
      # Where nobody says.
      SECONDS = 300

      # @param options [Hash{String => Object}]
      def initialize(options)
        unknown = options.keys - %w[storage deadline]
        raise ArgumentError, "options are storage and deadline, got #{unknown.join(', ')}" if unknown.any?

        super(options.fetch("deadline", SECONDS))
      end
    end
  end
end
