# frozen_string_literal: true

require "bigdecimal"
require "deltalake"

# What Spark computed: 1,000 users, in ten files.
def warehouse
  schema = { user_id: "long not null", score: "decimal(12,4)", segment: :string }
  table = DeltaLake.create("warehouse/scores", schema: schema, partition_by: [:segment])
  rows = Array.new(1_000) { |i| { user_id: i, score: BigDecimal(i), segment: i < 100 ? "new" : "old-#{i % 9}" } }
  table.append(rows)
end

def overnight
  rows = Array.new(99) { |i| { user_id: i, score: BigDecimal(i) + 1, segment: "new" } }
  DeltaLake.open("warehouse/scores").overwrite(rows, where: { segment: "new" })
end

# The table is made anew, as some nightly jobs do.
def vacuumed
  FileUtils.rm_rf("warehouse/scores")
  warehouse
end

warehouse
