# frozen_string_literal: true

module DeltaLake
  # Rows as an Arrow C stream, for Polars, red-arrow, DuckDB and everything else that knows the Arrow C stream
  # interface. It is read once, batch by batch, by whoever takes it; what nobody takes is freed with this object.
  #
  # Keep this object until the stream is taken. Timestamps are in UTC, and every field may hold nulls.
  #
  # @example
  #   Polars::DataFrame.new(table.where(country: "FR"))
  #   Arrow::RecordBatchReader.import(table.arrow_c_stream.to_i)
  # @see Scan#arrow_c_stream
  # @see https://arrow.apache.org/docs/format/CStreamInterface.html
  class ArrowStream
    # @param native [Native::ArrowStream]
    # @api private
    def initialize(native)
      @native = native
      freeze
    end

    # @return [Integer] the address of the `ArrowArrayStream`, to be taken by one consumer
    # @raise [ArgumentError] where the stream was taken or released already
    def to_i
      @native.address or
        raise ArgumentError, "this Arrow stream was taken or released already: ask the scan for another one"
    end

    # What consumers ask an object with rows for.
    #
    # @return [self]
    def arrow_c_stream
      self
    end

    # Frees the stream, unless somebody has taken it. To be called by nobody while a consumer reads in place.
    #
    # @return [nil]
    def release
      @native.release
    end

    # @return [Boolean] whether the stream was taken, or released
    def released?
      @native.address.nil?
    end

    # @return [String]
    def inspect
      "#<#{self.class}#{' released' if released?}>"
    end
  end
end
