# frozen_string_literal: true

require_relative "arrow_consumer"

# A producer of an Arrow C stream that is Ruby code: it hands on what another stream gives, after the block had its way
# with each batch's struct. Its callbacks need Ruby's lock, as those of any Ruby code do.
class ArrowProducer
  WORD = ArrowConsumer::WORD
  STREAM = ArrowConsumer::STREAM
  ARRAY = ArrowConsumer::ARRAY

  # How often the stream was released.
  attr_reader :released

  # @param stream [DeltaLake::ArrowStream]
  # @yieldparam out [Fiddle::Pointer] the ArrowArray
  # @yieldreturn [Integer, nil] an errno in place of success
  def initialize(stream, &tamper)
    @inner = stream
    @released = 0
    @original = Fiddle::Pointer.malloc(5 * WORD, Fiddle::RUBY_FREE)
    there = Fiddle::Pointer.new(stream.to_i, 5 * WORD)
    @original[0, 5 * WORD] = there[0, 5 * WORD]
    @struct = Fiddle::Pointer.malloc(5 * WORD, Fiddle::RUBY_FREE)
    @struct[0, 5 * WORD] = @original[0, 5 * WORD]
    write(there, STREAM[:release], 0)
    install(tamper)
  end

  def arrow_c_stream
    self
  end

  def to_i
    @struct.to_i
  end

  private

  def install(tamper)
    pointer = Fiddle::TYPE_VOIDP
    @next = Fiddle::Closure::BlockCaller.new(Fiddle::TYPE_INT, [pointer, pointer]) do |_, out|
      code = function(:get_next, [pointer, pointer], Fiddle::TYPE_INT).call(@original, out)
      code.zero? ? tamper.call(Fiddle::Pointer.new(out.to_i, 10 * WORD)) || 0 : code
    end
    @release = Fiddle::Closure::BlockCaller.new(Fiddle::TYPE_VOID, [pointer]) { |stream| let_go(stream) }
    { get_next: @next, release: @release }.each { |name, call| write(@struct, STREAM[name], call.to_i) }
  end

  def let_go(stream)
    @released += 1
    function(:release, [Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID).call(@original)
    write(Fiddle::Pointer.new(stream.to_i, 5 * WORD), STREAM[:release], 0)
  end

  def write(struct, index, address)
    struct[index * WORD, WORD] = [address].pack("J")
  end

  def function(name, types, result)
    address = @original[STREAM[name] * WORD, WORD].unpack1("J")
    Fiddle::Function.new(Fiddle::Pointer.new(address), types, result)
  end
end
