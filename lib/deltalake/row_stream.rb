# frozen_string_literal: true

module DeltaLake
  # An open native stream that is closed however its block ends.
  # @api private
  class RowStream
    # @param native [Native::Stream]
    # @param seen [Instrumentation::Enumeration, nil] who is told of what is read
    # @yieldparam stream [RowStream]
    def self.open(native, seen = nil)
      yield new(native, seen)
    ensure
      seen&.ended(*native.asked)
      native.close
    end

    # @param native [Native::Stream]
    # @param seen [Instrumentation::Enumeration, nil]
    def initialize(native, seen)
      @native = native
      @seen = seen
    end

    # @yieldparam rows [Array<Hash>]
    def each_batch(size)
      while (rows = @native.next(size))
        @seen&.took(rows.size)
        yield rows
      end
    end

    # @yieldparam columns [Array<Array>]
    def each_columns(size)
      while (columns = @native.next_columns(size))
        @seen&.took(columns.first&.size || 0)
        yield columns
      end
    end
  end
end
