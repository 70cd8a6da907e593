# frozen_string_literal: true

require_relative "fan_out"
require_relative "job"
require_relative "task_job"

module DeltaLake
  module Sidekiq
    # A {FanOut} whose tasks give rows: each job stages its own, and one commit makes all of them visible when the last
    # is finished. However often a task is done, its rows are committed once; files of the other times are left to
    # vacuum.
    #
    # @example
    #   class CleanJob
    #     include Sidekiq::Job
    #     include DeltaLake::Sidekiq::StageJob
    #
    #     def perform_task(task) = task.each.lazy.map { |row| row.merge(name: row[:name].strip) }
    #   end
    #
    #   DeltaLake::Sidekiq::StagedWork.start(raw.scan, job: CleanJob, into: "s3://bucket/clean")
    class StagedWork < FanOut
      # @param work (see FanOut.start)
      # @param job [Class] with {StageJob}
      # @param into [String, Symbol, Table] the table that gets the rows: address, or name in the configuration
      # @param into_storage [Symbol, String, nil] name of the storage profile of that table; `storage` where nobody says
      # @param on_complete [Class, nil] a job of Sidekiq's for after the commit: `perform(id, *args)`
      # @param args (see FanOut.start)
      # @param storage (see FanOut.start)
      # @param queue (see FanOut.start)
      # @param id (see FanOut.start)
      # @param target_bytes (see FanOut.start)
      # @param lease (see FanOut.start)
      # @param expires_in (see FanOut.start)
      # @return [StagedWork]
      def self.start(work, job:, into:, into_storage: nil, on_complete: nil, args: [], storage: nil, queue: nil,
                     id: nil, target_bytes: nil, lease: LEASE, expires_in: KEPT)
        callbacks = [CommitStagedJob, on_complete]
        about = description(job:, callbacks:, args:, storage:, queue:, lease:, expires_in:)
                .merge(place(into), "into_storage" => (into_storage || storage)&.to_s)
        identified(id) { |found| begin_as(found, work, about, target_bytes) }
      end

      # @param about [Hash{String => Object}]
      # @return [Table] that gets the rows
      # @api private
      def self.target(about)
        profile = about["into_storage"]
        DeltaLake.open(about["into_name"]&.to_sym || about.fetch("into"), storage: profile ? profile.to_sym : {})
      end

      # A name stands for the options, too, which never go to Redis.
      def self.place(into)
        NamedTables.find(into, {}) if into.is_a?(Symbol)
        { "into" => Address.without_secret(into), "into_name" => (into.to_s if into.is_a?(Symbol)) }
      end
      private_class_method :place
    end

    # Makes a job one of {StagedWork}: `perform_task(task, *args)` gives rows, as {Table#append} takes them, or nil.
    module StageJob
      include TaskJob

      # (see TaskJob::FAN_OUT)
      # @api private
      FAN_OUT = StagedWork

      private

      def run_task(task, about)
        rows = perform_task(task, *about.fetch("args"))
        staged = StagedWork.target(about).stage(rows) unless rows.nil?
        staged&.rows&.positive? ? staged.to_json : ""
      end
    end

    # Commits what all tasks of {StagedWork} have staged, once.
    class CommitStagedJob
      include Job

      # @param id [String]
      # @return [Commit, nil] nil where no task has given rows
      # @raise [Error] where what tasks have staged is gone: all is committed, or nothing
      # @api private
      def perform(id, *)
        state = FanOut::State.new(id)
        staged = state.results.reject(&:empty?).map { |json| StagedFiles.load(json) }
        return if staged.empty?

        StagedWork.target(state.about).commit(staged, once: "staged-work-#{id}")
      end
    end
  end
end
