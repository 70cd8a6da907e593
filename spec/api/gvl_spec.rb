# frozen_string_literal: true

require "pathname"
require "stringio"

# Another thread must come to its turn while a method works; and soon, at whatever moment it wants one.
RSpec.describe "other threads run", :native do
  rows = 60_000
  folder = nil

  # Costs a second, so the examples share it.
  before(:context) do
    folder = Dir.mktmpdir("deltalake-gvl-")
    table = DeltaLake.create(folder, schema: { id: :long, text: :string, x: :double }, if_exists: :open)
    4.times { |i| table.append(Array.new(rows / 4) { |j| { id: (i * rows) + j, text: "text #{j}" * 4, x: j * 0.5 } }) }
    40.times { |i| table.append([{ id: -i }]) }
  end

  # Opening is to be work.
  before(:context) { DeltaLake.configure { |c| c.cache_bytes = 0 } }

  after(:context) do
    DeltaLake.configure { |c| c.cache_bytes = 64 << 20 }
    FileUtils.remove_entry(folder)
  end

  let(:table) { DeltaLake.open(folder) }
  let(:scan) { table.where(x: 0.., text: "a"..) }

  # Each does enough for a thread that sleeps a millisecond at a time to come to many turns.
  {
    "open" => -> { 120.times { DeltaLake.open(folder) } },
    "table?" => -> { 200.times { DeltaLake.table?(folder) } },
    "create" => -> { Dir.mktmpdir { |dir| 10.times { |i| DeltaLake.create("#{dir}/#{i}", schema: { id: :long }) } } },
    "alter" => lambda do
      Dir.mktmpdir do |dir|
        FileUtils.cp_r("#{folder}/.", dir)
        altered = DeltaLake.open(dir)
        20.times { |i| altered.alter { |a| a.add_constraint "c#{i}", "x >= 0 OR text IS NULL" } }
      end
    end,
    "refresh" => -> { 2000.times { table.refresh } },
    "at" => -> { 120.times { table.at(version: 20) } },
    "history" => -> { 80.times { table.history } },
    "files" => -> { 80.times { table.files.to_a } },
    "explain" => -> { 80.times { scan.explain } },
    "tasks" => -> { 40.times { scan.tasks } },
    "count" => -> { 10.times { scan.count } },
    "each" => -> { scan.each(&:itself) },
    "each_batch" => -> { scan.each_batch(&:itself) },
    "first" => -> { 20.times { scan.first(1000) } },
    "to_a" => -> { scan.to_a },
    "pluck" => -> { scan.pluck(:text) },
    "to_columns" => -> { scan.to_columns },
    "checkpoint" => lambda {
      Dir.mktmpdir do |dir|
        copy = DeltaLake.create("#{dir}/t", schema: { id: :long }, properties: { "delta.checkpointInterval" => 1000 })
        60.times { |i| copy.append([{ id: i }]) && copy.checkpoint }
      end
    },
    "clean_log" => -> { 500.times { table.clean_log } },
    "append_json of a file" => lambda {
      Dir.mktmpdir do |dir|
        file = Pathname(dir).join("rows.jsonl")
        file.write("{\"id\":1,\"text\":\"#{'x' * 50}\"}\n" * 200_000)
        DeltaLake.create("#{dir}/t", schema: { id: :long, text: :string }).append_json(file)
      end
    },
    "append_json of an IO" => lambda {
      Dir.mktmpdir do |dir|
        io = StringIO.new("{\"id\":1,\"text\":\"#{'x' * 50}\"}\n" * 200_000)
        DeltaLake.create("#{dir}/t", schema: { id: :long, text: :string }).append_json(io)
      end
    },
    "append of an Arrow stream" => lambda {
      Dir.mktmpdir do |dir|
        DeltaLake.create(dir, schema: { id: :long, text: :string, x: :double }).append(table)
      end
    },
    "append" => lambda {
      Dir.mktmpdir do |dir|
        DeltaLake.create(dir, schema: { id: :long, text: :string }).append(Array.new(rows) do |i|
                                                                             { id: i, text: "x" * 50 }
                                                                           end)
      end
    }
  }.each do |name, call|
    it "during #{name}" do
      instance_exec(&call) if name == "create"
      wait, took, turns = longest_wait { instance_exec(&call) }
      expect(turns).to be >= [2, took / 0.3].max
      # Ruby's own time slice is 0.1 s.
      expect(wait).to be < 0.25
    end
  end
end
