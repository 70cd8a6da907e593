# frozen_string_literal: true

module DeltaLake
  class Buffer
    # Puts batches into the table, which is opened when the first one comes.
    # @api private
    class Writer
      # @param table [Table, String, Symbol]
      # @param storage [Hash, Symbol]
      # @param options [Hash] of {Table#append}
      def initialize(table, storage, options)
        Storage.check(storage)
        @table = table if table.is_a?(Table)
        @uri = table
        @storage = storage
        @options = options
      end

      # @param batch [Batch]
      # @param seconds [Numeric]
      # @yieldparam row [Hash] that the table does not take
      # @yieldparam error [Error]
      def append(batch, seconds, &refused)
        table = table(seconds)
        batch.begin
        table.append(batch.rows, once: batch.key, on_bad_row: refused, deadline: seconds, **@options)
      end

      # @param batch [Batch]
      # @return [Boolean] whether it is in the table
      def landed?(batch)
        !table(10).refresh(deadline: 10).snapshot.native.txn_version("once:#{batch.key}").nil?
      end

      private

      def table(seconds)
        @table ||= DeltaLake.open(@uri, storage: @storage, deadline: seconds)
      end
    end
  end
end
