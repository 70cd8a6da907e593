# frozen_string_literal: true

# Reads all rows: read_rows.rb TABLE array|each. With `allocate`, plain Ruby makes such rows from nothing.
require "deltalake"
require_relative "common"

path, form = ARGV
count = 0
result =
  case form
  when "array" then Common.measure { DeltaLake.open(path).to_a.size }
  when "each" then Common.measure { DeltaLake.open(path).each { count += 1 } && count }
  when "allocate" then Common.measure { Common.rows(Integer(path)).size }
  end
Common.report(result)
