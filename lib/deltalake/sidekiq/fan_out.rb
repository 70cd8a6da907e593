# frozen_string_literal: true

require "securerandom"
require_relative "fan_out/callback"
require_relative "fan_out/rounds"
require_relative "fan_out/state"
require_relative "fan_out/tasks"
require_relative "fan_out/watchdog_job"
require_relative "job"

module DeltaLake
  module Sidekiq
    # Work that is done by many jobs, one a task, and a job that follows when all of them are finished: the parts of a
    # scan, at the version that it was of, or a list of anything.
    #
    # Every task is done, whatever is retried, stopped or killed: Sidekiq runs what failed again, and a watchdog what
    # was lost with a killed process, `lease` seconds after that was heard of last. So a task may be done twice, even
    # at once. `once: :job` in it has a key of the task's, however its jobs are called, so that its rows are added once.
    # The job that follows comes at least once, always with the same id, after all tasks.
    #
    # Begun in a job, a fan-out is begun once, however often that is run; elsewhere `id:` does that. That it was over is
    # known for a month.
    #
    # @example
    #   class CopyJob
    #     include Sidekiq::Job
    #     include DeltaLake::Sidekiq::TaskJob
    #
    #     def perform_task(task, target)   # task: a DeltaLake::ScanTask
    #       DeltaLake.open(target).append(task, once: :job)
    #     end
    #   end
    #
    #   DeltaLake::Sidekiq::FanOut.start(table.where(country: "FR"), job: CopyJob, args: ["s3://bucket/fr"],
    #                                    on_complete: DoneJob)   # DoneJob#perform(id, target)
    class FanOut
      # Seconds without news after which a task counts as lost, where nobody says.
      LEASE = 120
      # Seconds that Redis keeps what it knows of one, without news.
      KEPT = 7 * 86_400
      # News comes every half lease, and where the watchdog is lost after two and a half.
      LEASES_KEPT = 4
      private_constant :LEASES_KEPT

      class << self
        # @param work [Scan, Table, Snapshot, Array] what has tasks; or tasks, or anything that JSON has
        # @param job [Class] with {TaskJob}
        # @param on_complete [Class, nil] a job of Sidekiq's: `perform(id, *args)`
        # @param args [Array] after the task, for both; as any arguments of jobs
        # @param storage [Symbol, String, nil] name of the storage profile to read tasks with
        # @param queue [String, nil] for all jobs, in place of their own; the library's are in that of `job`
        # @param id [String, nil] of the fan-out, chosen where nobody says
        # @param target_bytes [Integer, nil] of a task; see {Scan#tasks}
        # @param lease [Numeric] seconds without news after which a task counts as lost
        # @param expires_in [Numeric] seconds without news after which Redis forgets it: 4 times `lease`, or more
        # @return [FanOut]
        def start(work, job:, on_complete: nil, args: [], storage: nil, queue: nil, id: nil, target_bytes: nil,
                  lease: LEASE, expires_in: KEPT)
          about = description(job:, callbacks: [on_complete], args:, storage:, queue:, lease:, expires_in:)
          identified(id) { |found| begin_as(found, work, about, target_bytes) }
        end

        # @param id [String]
        # @return [FanOut, nil] nil where it has expired, or never was
        def find(id)
          new(id) if State.new(id).about
        end

        # @yieldparam id [String]
        # @api private
        def identified(id)
          return yield(id) if id
          return yield(SecureRandom.uuid) unless CurrentJob.current

          CurrentJob.current.numbered("fan-out") { |key| yield key.tr("/", "-") }
        end

        # @param id [String]
        # @param work [Object]
        # @param about [Hash{String => Object}]
        # @param target_bytes [Integer, nil]
        # @return [FanOut]
        # @api private
        def begin_as(id, work, about, target_bytes)
          state = State.new(id)
          state.create(Tasks.dump(work, target_bytes), about) unless state.about
          WatchdogJob.ensure_scheduled(state) if state.open?
          Tasks.push_new(state, state.unfinished)
          state.touch
          Callback.settle(state)
          new(id)
        end

        private

        # What Redis keeps of it.
        def description(job:, callbacks:, args:, storage:, queue:, lease:, expires_in:)
          { "job" => task_job(job), "callbacks" => callbacks.compact.map { |each| name_of(each) }, "args" => args,
            "storage" => storage&.to_s, "queue" => queue&.to_s, **times(lease, expires_in) }
        end

        def times(lease, expires_in)
          lease = seconds(:lease, lease)
          least = lease * LEASES_KEPT
          if seconds(:expires_in, expires_in) < least
            raise ArgumentError, "expires_in must be at least #{LEASES_KEPT} times lease (#{least} seconds), got " \
                                 "#{expires_in.inspect}"
          end

          { "lease" => lease, "expires_in" => expires_in.to_f.ceil }
        end

        def seconds(option, value)
          number = value.respond_to?(:to_f) ? value.to_f : 0.0
          return number if number.positive? && number.finite?

          raise ArgumentError, "#{option} must be more than 0 seconds, got #{value.inspect}"
        end

        def task_job(job)
          name = name_of(job)
          return name if job.const_defined?(:FAN_OUT) && job.const_get(:FAN_OUT) == self

          raise ArgumentError, "#{name} does no tasks of #{self}: include DeltaLake::Sidekiq::TaskJob for FanOut, " \
                               "DeltaLake::Sidekiq::StageJob for StagedWork"
        end

        # What is no job would show only when it is pushed: after all tasks, and then for ever.
        def name_of(job)
          raise ArgumentError, "a job is a class with a name, got #{job.inspect}" unless job.is_a?(Class) && job.name
          return job.name if job.include?(Job.mixin)

          raise ArgumentError, "#{job.name} is no job of Sidekiq's: include Sidekiq::Job; a job of ActiveJob is " \
                               "enqueued by one that does"
        end
      end

      # @return [String]
      attr_reader :id

      # @param id [String]
      # @api private
      def initialize(id)
        @id = id
      end

      # @return [Integer] tasks in all
      def size
        about.fetch("size")
      end

      # @return [Integer] tasks that are not finished
      def left
        state.left
      end

      # @return [Hash{String => Integer}] how often tasks have failed, by number; callbacks are `done:0`, `done:1`
      def failures
        state.failures
      end

      # @return [Boolean] whether all tasks are finished, and the jobs that follow
      def over?
        state.over?
      end

      # Jobs that are there end without doing anything, and nothing follows.
      #
      # @return [void]
      def cancel
        state.over
      end

      # @return [String]
      def inspect
        "#<#{self.class} #{id}>"
      end

      private

      def about
        state.about || raise(ArgumentError, "fan-out #{id} is not known: it has expired, or never was")
      end

      def state
        State.new(id)
      end
    end
  end
end
