# frozen_string_literal: true

# Opens a table and lists its files, or those of a partition, twice: open_table.rb TABLE [PARTITION].
require "deltalake"
require_relative "common"

path, partition = ARGV
work = lambda do
  table = DeltaLake.open(path, storage: Common.storage)
  (partition ? table.files(where: { part: partition }) : table.files).map(&:path).to_a.size
end
first = Common.measure(&work)
Common.report({ **first, again: Common.measure(&work)[:seconds] })
