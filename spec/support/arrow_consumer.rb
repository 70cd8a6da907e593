# frozen_string_literal: true

require "fiddle"

# A consumer of an Arrow C stream that calls its callbacks as C programs do.
class ArrowConsumer
  # A callback's error, with the text that the stream gives.
  class Failure < StandardError
    attr_reader :code

    def initialize(code, message)
      @code = code
      super(message)
    end
  end

  WORD = Fiddle::SIZEOF_VOIDP
  # Words of the structs of the interface.
  STREAM = { get_schema: 0, get_next: 1, get_last_error: 2, release: 3 }.freeze
  SCHEMA = { format: 0, name: 1, metadata: 2, flags: 3, n_children: 4, children: 5, release: 7 }.freeze
  ARRAY = { length: 0, null_count: 1, offset: 2, n_buffers: 3, n_children: 4, buffers: 5, children: 6,
            release: 8 }.freeze
  NULLABLE = 2

  # @param address [Integer] of the struct
  # @param gvl [Boolean] whether the callbacks are called with Ruby's lock held
  def self.take(address, gvl: false)
    there = Fiddle::Pointer.new(address, 5 * WORD)
    here = Fiddle::Pointer.malloc(5 * WORD, Fiddle::RUBY_FREE)
    here[0, 5 * WORD] = there[0, 5 * WORD]
    there[3 * WORD, WORD] = [0].pack("J")
    new(here, gvl: gvl)
  end

  # @param stream [Fiddle::Pointer]
  def initialize(stream, gvl: false)
    @stream = stream
    @gvl = gvl
  end

  # @return [Array(String, String?, Boolean, Array)] format, name, whether nulls are allowed, children
  def schema
    out = Fiddle::Pointer.malloc(9 * WORD, Fiddle::RUBY_FREE)
    check(call(:get_schema, out))
    described(out).tap { release(out, SCHEMA) }
  end

  # The next batch is yielded, or nothing is at the end.
  #
  # @return [Object, nil] what the block returns
  def next
    out = Fiddle::Pointer.malloc(10 * WORD, Fiddle::RUBY_FREE)
    check(call(:get_next, out))
    return nil if word(out, ARRAY[:release]).zero?

    begin
      yield out
    ensure
      release(out, ARRAY)
    end
  end

  # Rows of the next batch, or nil at the end.
  def next_length
    self.next { |batch| word(batch, ARRAY[:length]) }
  end

  # Values of a column of 64-bit integers without nulls in the next batch, or nil at the end.
  def next_longs(column)
    self.next do |batch|
      child = pointer(pointer(batch, ARRAY[:children]), column)
      raise "nulls" unless word(child, ARRAY[:null_count]).zero?

      values = pointer(pointer(child, ARRAY[:buffers]), 1)
      (values + (8 * word(child, ARRAY[:offset])))[0, 8 * word(child, ARRAY[:length])].unpack("q*")
    end
  end

  def each_longs(column)
    while (values = next_longs(column))
      yield values
    end
  end

  def close
    release(@stream, STREAM)
  end

  private

  def call(name, out)
    function(@stream, STREAM[name], [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT).call(@stream, out)
  end

  def check(code)
    return if code.zero?

    text = function(@stream, STREAM[:get_last_error], [Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOIDP).call(@stream)
    raise Failure.new(code, text.null? ? nil : text.to_s.force_encoding("UTF-8"))
  end

  def release(struct, words)
    function(struct, words[:release], [Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID).call(struct)
    raise "not marked as released" unless word(struct, words[:release]).zero?
  end

  def function(struct, index, types, result)
    Fiddle::Function.new(pointer(struct, index), types, result, need_gvl: @gvl)
  end

  def described(schema)
    children = Array.new(word(schema, SCHEMA[:n_children])) do |i|
      described(pointer(pointer(schema, SCHEMA[:children]), i))
    end
    raise "metadata" unless word(schema, SCHEMA[:metadata]).zero?

    [text(schema, SCHEMA[:format]), text(schema, SCHEMA[:name]), word(schema, SCHEMA[:flags]).anybits?(NULLABLE),
     children]
  end

  def text(struct, index)
    text = pointer(struct, index)
    text.null? ? nil : text.to_s.force_encoding("UTF-8")
  end

  def word(struct, index)
    struct[index * WORD, WORD].unpack1("j")
  end

  def pointer(struct, index)
    Fiddle::Pointer.new(word(struct, index))
  end
end
