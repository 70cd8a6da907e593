# frozen_string_literal: true

# What a sync goes into, in memory.
class MemoryTarget
  attr_reader :rows, :batches
  attr_accessor :cursor

  def initialize
    @rows = {}
    @batches = []
  end

  def apply(batch)
    batch.taken_over! if cursor != batch.expected
    raise @fault if @fault && (@left -= 1).negative?

    batch.deletes.each { |key| rows.delete(key) }
    rows.merge!(batch.upserts)
    @batches << batch
    @cursor = batch.cursor
  end

  def each_key(size, &block)
    rows.keys.each_slice(size, &block)
  end

  # Fails after so many more batches; nil for no longer.
  def fail_after(batches, error = RuntimeError.new("the target failed"))
    @left = batches
    @fault = batches && error
  end
end
