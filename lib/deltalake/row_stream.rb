# frozen_string_literal: true

module DeltaLake
  # An open native stream that is closed however its block ends.
  # @api private
  class RowStream
    # @param native [Native::Stream]
    # @yieldparam stream [RowStream]
    def self.open(native)
      yield new(native)
    ensure
      native.close
    end

    # @param native [Native::Stream]
    def initialize(native)
      @native = native
    end

    # @yieldparam rows [Array<Hash>]
    def each_batch(size)
      while (rows = @native.next(size))
        yield rows
      end
    end

    # @yieldparam columns [Array<Array>]
    def each_columns(size)
      while (columns = @native.next_columns(size))
        yield columns
      end
    end
  end
end
