# frozen_string_literal: true

require_relative "../deltalake"

module DeltaLake
  # Makes `once: :job` work in jobs of ActiveJob, with any queue: the id is ActiveJob's own, which stays when a job is
  # retried. A job that another one runs by `perform_now` has an id that follows from that one's, see {CurrentJob}.
  #
  # @example
  #   class ImportJob < ApplicationJob
  #     include DeltaLake::ActiveJob
  #
  #     def perform(rows) = DeltaLake.open("s3://bucket/orders").append(rows, once: :job)
  #   end
  module ActiveJob
    # Where a job that was run inline carries the id that it had there: `retry_on` pushes it with ActiveJob's.
    INLINE = "deltalake_inline"

    # @param base [Class] of jobs
    # @api private
    def self.included(base)
      base.around_perform { |job, block| job.deltalake_perform(&block) }
    end

    # @param job [ActiveJob::Base]
    # @return [Array, nil] as JSON has them; nil where it does not
    # @api private
    def self.arguments(job)
      ::ActiveJob::Arguments.serialize(job.arguments).tap { |arguments| JSON.generate(arguments) }
    rescue StandardError
      # perform_now takes anything, and models that are not saved.
      nil
    end

    # @return [Hash]
    # @api private
    def serialize
      @deltalake_inline ? super.merge(INLINE => @deltalake_inline) : super
    end

    # @param data [Hash]
    # @api private
    def deserialize(data)
      @deltalake_inline = data[INLINE]
      super
    end

    # @return [Object]
    # @api private
    def deltalake_perform
      arguments = -> { ActiveJob.arguments(self) }
      CurrentJob.queued(job_id, self.class, arguments, kept: @deltalake_inline) do
        @deltalake_inline = CurrentJob.id unless CurrentJob.id == job_id
        yield
      end
    end
  end
end
