# frozen_string_literal: true

# Appends 3 rows, so many times, through one handle: append_small.rb TABLE TIMES.
require "deltalake"
require_relative "common"

table = DeltaLake.open(ARGV[0], storage: Common.storage)
Common.report(Common.median_of(Integer(ARGV[1])) do |n|
  table.append(Array.new(3) { |i| { id: (n * 3) + i, part: "p000", name: "row #{i}" } })
end)
