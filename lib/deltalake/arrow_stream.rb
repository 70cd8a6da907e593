# frozen_string_literal: true

module DeltaLake
  # Rows as an Arrow C stream, for Polars, red-arrow, DuckDB and everything else that knows the Arrow C stream
  # interface. It is read once, batch by batch, by whoever takes it; what nobody takes is freed with this object.
  #
  # Timestamps are in UTC, and every field may hold nulls. Keep this object until the stream is taken; the last few
  # whose address was asked for are kept in any case.
  #
  # @example
  #   Polars::DataFrame.new(table.where(country: "FR"))
  #   Arrow::RecordBatchReader.import(table.arrow_c_stream.to_i)
  # @see Scan#arrow_c_stream
  # @see https://arrow.apache.org/docs/format/CStreamInterface.html
  class ArrowStream
    # How many streams outlive the last reference to them: `import(scan.arrow_c_stream.to_i)` keeps an Integer alone,
    # and the garbage collector may come before the consumer.
    KEPT = 8
    private_constant :KEPT

    @told = []

    # @param stream [ArrowStream]
    # @api private
    def self.keep(stream)
      @told.shift if @told.push(stream).size > KEPT
    end

    # @param native [Native::ArrowStream]
    # @api private
    def initialize(native)
      @native = native
      freeze
    end

    # @return [Integer] the address of the `ArrowArrayStream`, to be taken by one consumer
    # @raise [ArgumentError] where the stream was taken or released already
    def to_i
      address = @native.address or
        raise ArgumentError, "this Arrow stream was taken or released already: ask the scan for another one"

      self.class.keep(self)
      address
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
