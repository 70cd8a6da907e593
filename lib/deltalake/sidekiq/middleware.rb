# frozen_string_literal: true

require_relative "fan_out"

module DeltaLake
  module Sidekiq
    # Tells {CurrentJob} which job Sidekiq runs. A job of ActiveJob goes by ActiveJob's id: `retry_on` pushes it anew,
    # with another one of Sidekiq's.
    #
    # `require "deltalake/sidekiq"` puts it in front of the server's middleware. Elsewhere, as in `Sidekiq::Testing`, it
    # is added as any other: `chain.add DeltaLake::Sidekiq::Middleware`.
    class Middleware
      # @param worker [Object] the job
      # @param job [Hash] as it is in Redis
      # @return [Object]
      # @api private
      def call(worker, job, _queue, &work)
        mark = job[FanOut::Callback::MARK]
        wrapped = wrapped(job)
        jid = job.fetch("jid")
        # The id of a callback is the same wherever it is pushed.
        CurrentJob.queued(wrapped["job_id"] || jid, class_of(worker, job), -> { wrapped["arguments"] || job["args"] },
                          kept: mark ? jid : wrapped[ActiveJob::INLINE]) do
          mark ? FanOut::Callback.run(mark, &work) : work.call
        end
      end

      private

      # What ActiveJob has of its own job.
      def wrapped(job)
        inner = job["args"]&.first if job["wrapped"]
        inner.is_a?(Hash) ? inner : {}
      end

      def class_of(worker, job)
        job["wrapped"] ? Object.const_get(job["wrapped"].to_s) : worker.class
      rescue NameError
        worker.class
      end
    end
  end
end
