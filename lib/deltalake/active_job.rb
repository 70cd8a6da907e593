# frozen_string_literal: true

require_relative "../deltalake"

module DeltaLake
  # Makes `once: :job` work in jobs of ActiveJob, with any queue: the id is ActiveJob's own, which stays when a job is
  # retried.
  #
  # @example
  #   class ImportJob < ApplicationJob
  #     include DeltaLake::ActiveJob
  #
  #     def perform(rows) = DeltaLake.open("s3://bucket/orders").append(rows, once: :job)
  #   end
  module ActiveJob
    # @param base [Class] of jobs
    # @api private
    def self.included(base)
      base.around_perform do |job, block|
        CurrentJob.with(job.job_id, resumes: CurrentJob.resumes?(job.class)) { block.call }
      end
    end
  end
end
