# frozen_string_literal: true

# Reads rows: scan.rb TABLE arrow|hashes [LOW HIGH], the last two being bounds of the ids. `arrow` is batches that are
# taken as C programs take them, without a Ruby object for a value; `hashes` is a Hash for each row, none kept.
require "deltalake"
require_relative "../../spec/support/arrow_consumer"
require_relative "common"

path, form, low, high = ARGV
Common.report(Common.measure do
  rows = DeltaLake.open(path, storage: Common.storage).scan
  rows = rows.where(id: Integer(low)..Integer(high)) if low
  count = 0
  if form == "arrow"
    batches = ArrowConsumer.take(rows.arrow_c_stream.to_i)
    while (length = batches.next_length)
      count += length
    end
    batches.close
  else
    rows.each { count += 1 }
  end
  count
end)
