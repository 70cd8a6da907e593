# frozen_string_literal: true

# Appends Hashes to an empty table of so many partitions, the rows of all of them mixed:
# append_partitioned.rb TABLE COUNT PARTITIONS.
require "deltalake"
require_relative "common"

path, count, partitions = ARGV
partitions = Integer(partitions)
rows = Common.rows(Integer(count)).each { |row| row[:bucket] = row[:id] % partitions }
table = DeltaLake.create(path, schema: { **Common::SCHEMA, bucket: :long }, partition_by: [:bucket])
commit = nil
figures = Common.measure { (commit = table.append(rows)).rows }
Common.report({ **figures, files: commit.files })
