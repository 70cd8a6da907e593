# frozen_string_literal: true

module DeltaLake
  # What fails on request.
  module Testing
    # What can be made to fail, and how. Only tables in memory fail on request.
    OPERATIONS = %i[commit write read read_log checkpoint].freeze
    # `:conflict`: another writer was first, in a way that matters ({CommitConflictError}); `:throttling`: the store is
    # asked too often ({StorageUnavailableError}); `:denied`: {PermissionDeniedError}; `:lost_response`: it is done, and
    # the answer is lost, which a commit finds out about; `:unknown`: a commit is done, and nothing can be found out
    # about it ({CommitOutcomeUnknownError}).
    FAILURES = %i[conflict throttling denied lost_response unknown].freeze
    # Failures that only a commit can have.
    OF_COMMITS = %i[conflict unknown].freeze
    private_constant :OF_COMMITS

    class << self
      # Has the next request of a kind fail, of any table in memory or of some. With a block, only while it runs; and
      # that the failure has come is checked at its end.
      #
      # @example
      #   DeltaLake::Testing.fail_next(:commit, with: :unknown)
      #   expect { job.perform_now }.to raise_error(DeltaLake::CommitOutcomeUnknownError)
      # @example
      #   DeltaLake::Testing.fail_next(:commit, with: :lost_response) { job.perform_now }
      # @param operation [Symbol] `:commit`; `:write` and `:read` of data files; `:read_log`; `:checkpoint`
      # @param with [Symbol] one of {FAILURES}
      # @param times [Integer] how many requests fail, one after the other
      # @param table [String, Table, nil] only of tables whose address begins so
      # @return [Object] what the block gives
      # @raise [RuntimeError] where the block has ended and failures were still to come
      def fail_next(operation, with:, times: 1, table: nil)
        checked(operation, with)
        below = table.respond_to?(:uri) ? table.uri : table.to_s
        Native.memory_fail_next(operation.to_s, with.to_s, Arguments.positive(:times, times), below)
        return unless block_given?

        result = yield
        left = Native.memory_take_planned
        raise "#{left} of #{times} failures of #{operation} with #{with} did not come" if left.positive?

        result
      ensure
        Native.memory_take_planned if block_given?
      end

      private

      def checked(operation, failure)
        Arguments.one_of(:operation, operation, OPERATIONS)
        Arguments.one_of(:with, failure, FAILURES)
        return if operation == :commit || !OF_COMMITS.include?(failure)

        raise ArgumentError, "only a commit fails with #{failure.inspect}, and not #{operation.inspect}"
      end
    end
  end
end
