# frozen_string_literal: true

require_relative "budget"
require_relative "job"

module DeltaLake
  module Sidekiq
    # Writes a checkpoint of the newest version; nothing, where that has one.
    #
    # @example
    #   DeltaLake::Sidekiq::CheckpointJob.perform_async("s3://bucket/orders", { "storage" => "warehouse" })
    class CheckpointJob
      include Job

      # @param table [String] address
      # @param options [Hash{String => Object}] `storage`: name of a profile of {Configuration#storage_profiles};
      #   `deadline`: most seconds to take, 300 where nobody says
      # @return [Checkpoint]
      # @raise [DeadlineExceededError] where there was too little time, so that Sidekiq tries again
      def perform(table, options = {})
        budget = Budget.new(options)
        open_table(table, options["storage"], deadline: budget.left).checkpoint(deadline: budget.left)
      end
    end

    # Deletes what has expired of the log, until nothing is left or the time is over: the next job goes on.
    class CleanLogJob
      include Job

      # Files that are deleted at a time: few at first, so that there is something done before the time is over.
      FIRST = 100
      REST = 1_000
      private_constant :FIRST, :REST

      # @param table (see CheckpointJob#perform)
      # @param options (see CheckpointJob#perform)
      # @return [Integer] files that were deleted; those of a last call that the time cut off are not counted
      # @raise [DeadlineExceededError] where there was too little time for a hundred files, so that Sidekiq tries again
      def perform(table, options = {})
        budget = Budget.new(options)
        clean(open_table(table, options["storage"], deadline: budget.left), budget)
      end

      private

      def clean(table, budget)
        files = 0
        loop do
          done = table.clean_log(limit: files.zero? ? FIRST : REST, deadline: budget.left)
          files += done.files
          return files unless done.more? && budget.left?
        end
      rescue DeadlineExceededError
        files.positive? && !budget.left? ? files : raise
      end
    end

    # All that keeps a table quick: a checkpoint, then the log. Meant to be pushed by a schedule, once a table.
    class MaintenanceJob < CleanLogJob
      # @param table (see CheckpointJob#perform)
      # @param options (see CheckpointJob#perform)
      # @return [Integer] files of the log that were deleted
      # @raise (see CheckpointJob#perform)
      def perform(table, options = {})
        budget = Budget.new(options)
        opened = open_table(table, options["storage"], deadline: budget.left)
        opened.checkpoint(deadline: budget.left)
        budget.left? ? clean(opened, budget) : 0
      end
    end
  end
end
