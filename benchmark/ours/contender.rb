# frozen_string_literal: true

# One of many that append 3 rows, so many times: contender.rb TABLE TIMES NUMBER.
# Prints how many appends raised nothing.
require "deltalake"
require_relative "common"

times = Integer(ARGV[1])
number = Integer(ARGV[2])
table = DeltaLake.open(ARGV[0])
landed = times.times.count do |n|
  table.append(Array.new(3) { |i| { id: (((number * times) + n) * 3) + i, part: "p000", name: "x" } })
rescue DeltaLake::Error => e
  warn e.message
end
Common.report(result: landed)
