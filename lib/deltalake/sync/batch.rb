# frozen_string_literal: true

module DeltaLake
  class Sync
    # What a target is to do in one step, all of it or nothing: the rows, and the cursor that says so. Frozen.
    class Batch
      # @return [Hash{Object => Hash}] rows to insert or to replace, by key
      attr_reader :upserts
      # @return [Array<Object>] keys of rows to delete, where they are there; before anything is put in
      attr_reader :deletes
      # @return [String] what {Targets::Callable#cursor} and its like give from now on
      attr_reader :cursor
      # @return [String, nil] what the target gives until now: where it gives anything else, another run has taken over
      attr_reader :expected

      # @api private
      def initialize(upserts:, deletes:, cursor:, expected:)
        @upserts = upserts
        @deletes = deletes
        @cursor = cursor
        @expected = expected
        freeze
      end

      # @return [Boolean] whether only the cursor moves
      def empty?
        upserts.empty? && deletes.empty?
      end

      # Where the target can tell that another run has moved its cursor.
      #
      # @raise [CommitConflictError]
      def taken_over!
        raise CommitConflictError.new("another run of this sync has taken over: it goes on, and this one ends",
                                      kind: :concurrent_sync)
      end
    end
  end
end
