# frozen_string_literal: true

# Threads that append 3 rows, so many times, through one handle: append_group.rb TABLE THREADS TIMES alone|shared.
require "deltalake"
require_relative "common"

path, threads, times, form = ARGV
threads = Integer(threads)
times = Integer(times)
table = DeltaLake.create(path, schema: { id: :long, name: :string })
figures = Common.measure do
  crowd = Array.new(threads) do |thread|
    Thread.new do
      times.times do |n|
        id = ((thread * times) + n) * 3
        table.append(Array.new(3) { |i| { id: id + i, name: "x" } }, group: form == "shared")
      end
    end
  end
  crowd.each(&:join)
end
landed = DeltaLake.open(path)
Common.report({ **figures, result: landed.count / 3, commits: landed.version })
