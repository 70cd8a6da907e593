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
      def call(worker, job, _queue, &)
        CurrentJob.with(id(job), resumes: CurrentJob.resumes?(class_of(worker, job))) do
          mark = job[FanOut::Callback::MARK]
          mark ? FanOut::Callback.run(mark, &) : yield
        end
      end

      private

      def id(job)
        inner = job["args"]&.first if job["wrapped"]
        (inner["job_id"] if inner.is_a?(Hash)) || job.fetch("jid")
      end

      def class_of(worker, job)
        job["wrapped"] ? Object.const_get(job["wrapped"].to_s) : worker.class
      rescue NameError
        worker.class
      end
    end
  end
end
