# frozen_string_literal: true

require "json"

# What our side of each measurement shares.
module Common
  COUNTRIES = Array.new(50) { |n| format("C%02d", n) }.freeze
  START = Time.utc(2026, 1, 1)
  SCHEMA = { id: :long, name: :string, country: :string, price: :double, active: :boolean,
             created_at: :timestamp }.freeze

  module_function

  # The same rows as peer/common.py makes.
  def rows(count)
    Array.new(count) do |i|
      { id: i, name: "customer #{i}", country: COUNTRIES[i % 50], price: i * 0.25, active: (i % 3).zero?,
        created_at: START + i }
    end
  end

  # Options of the table's store, where it is in one.
  def storage
    JSON.parse(ENV.fetch("BENCH_STORAGE", "{}"))
  end

  # VmRSS (now) or VmHWM (the peak) in MB.
  def memory(field)
    Integer(File.read("/proc/self/status")[/^#{field}:\s+(\d+) kB/, 1]) / 1024.0
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # Seconds and peak memory of the block, with what it returns.
  def measure
    GC.start
    File.write("/proc/self/clear_refs", "5")
    start = now
    result = yield
    { seconds: now - start, peak_mb: memory("VmHWM"), result: result }
  end

  def median_of(times)
    taken = Array.new(times) do |n|
      start = now
      yield n
      now - start
    end
    { seconds: taken.sort[times / 2], peak_mb: memory("VmHWM"), result: times }
  end

  def report(values)
    puts JSON.generate(values)
  end
end
