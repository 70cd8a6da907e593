# frozen_string_literal: true

# Creates a Delta table, appends to it from several processes at once, and reads it back: all of it, filtered, and as
# it was before. Run by bin/quickstart, or: ruby -Ilib examples/quickstart.rb

require "bigdecimal"
require "deltalake"
require "tmpdir"

PROCESSES = 4
APPENDS = 5
ROWS = 100
COUNTRIES = %w[DE FR US].freeze

def orders(process, append)
  Array.new(ROWS) do |i|
    id = (((process * APPENDS) + append) * ROWS) + i
    { id: id, country: COUNTRIES[id % COUNTRIES.size], price: BigDecimal(id) / 100, created_at: Time.now }
  end
end

def append_from_processes(uri)
  pids = Array.new(PROCESSES) do |process|
    fork do
      table = DeltaLake.open(uri)
      APPENDS.times { |append| table.append(orders(process, append)) }
    end
  end
  failed = pids.reject { |pid| Process.wait2(pid).last.success? }
  abort "#{failed.size} of #{PROCESSES} processes failed" unless failed.empty?
end

Dir.mktmpdir("deltalake-quickstart-") do |folder|
  uri = File.join(folder, "orders")
  schema = DeltaLake::Schema.define do
    long      :id, null: false
    string    :country
    decimal   :price, precision: 12, scale: 2
    timestamp :created_at
  end

  table = DeltaLake.create(uri, schema: schema, partition_by: [:country])
  puts "Created #{uri}, partitioned by country, at version #{table.version}."

  append_from_processes(uri)
  table.refresh
  expected = PROCESSES * APPENDS * ROWS
  abort "#{table.count} rows instead of #{expected}" unless table.count == expected
  puts "#{PROCESSES} processes appended #{APPENDS} times each: #{expected} rows at version #{table.version}, none lost."

  french = table.where(country: "FR", price: BigDecimal("15")..).select(:id, :price)
  plan = french.explain
  puts "Orders from FR of 15 and more: #{french.count}, the first is #{french.first.inspect}."
  puts "That read skipped whole files by what the log says of them: #{plan.inspect}"

  before = table.at(version: 1)
  puts "At version #{before.version} there were #{before.count} rows."

  again = Array.new(2) { table.append(orders(PROCESSES, 0), once: "nightly-import") }
  abort "The second append under one key was not skipped" unless again.map(&:skipped?) == [false, true]
  puts "Appended twice under one key: #{again[0].rows} rows the first time, none the second."
end
