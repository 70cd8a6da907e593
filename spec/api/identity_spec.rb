# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"

RSpec.describe "identity columns" do
  let(:schema) do
    DeltaLake::Schema.define do
      long :id, identity: true
      string :name
      string :part
    end
  end
  let!(:table) { create_table(schema, partition_by: :part) }

  def stored
    DeltaLake.open(table_path).to_a
  end

  def ids
    stored.map { |row| row[:id] }
  end

  def names
    stored.map { |row| row[:name] }
  end

  def operations
    DeltaLake.open(table_path).history.map(&:operation)
  end

  it "leave no gap in one process, and are reserved ahead as it goes on" do
    20.times { |i| table.append([{ name: i.to_s }]) }
    expect(stored.map { |row| row.values_at(:id, :name) }).to match_array((1..20).zip(("0".."19").to_a))
    expect(operations.count("RESERVE IDENTITIES")).to eq(6)
  end

  it "are not reserved for rows that a key has added before, nor for none" do
    2.times { table.append([{ name: "a" }], once: "key") }
    table.append([])
    expect(operations).to eq(["WRITE", "RESERVE IDENTITIES", "CREATE TABLE"])
  end

  it "are not used by rows that are left out" do
    bad = []
    table.append([{ name: "a" }, { id: 9, name: "b" }, { name: "c" }], on_bad_row: ->(row, _) { bad << row })
    expect([bad.size, stored.map { |row| row.values_at(:id, :name) }]).to eq([1, [[1, "a"], [2, "c"]]])
  end

  it "are there once for rows of many threads" do
    shared = DeltaLake.open(table_path, group_commits: true)
    Array.new(16) { |i| Thread.new { 3.times { |j| shared.append([{ name: "#{i}-#{j}" }] * 2) } } }.each(&:join)
    expect(ids).to match_array(1..96)
  end

  it "come with rows that are staged, and with rows that bring columns along" do
    staged = Array.new(2) { |i| table.stage([{ name: "s#{i}" }] * 3) }
    table.append([{ name: "a", more: 1 }], on_unknown: :add)
    expect(JSON.parse(staged.first.to_json)["identities"]).to be(true)
    expect { table.commit(staged) }.to raise_error(DeltaLake::SchemaMismatchError)
    staged = Array.new(2) { |i| DeltaLake::StagedFiles.load(table.stage([{ name: "s#{i}" }] * 3).to_json) }
    table.append([{ name: "b" }])
    table.commit(staged)
    expect(ids.uniq.size).to eq(8)
    expect(names.tally).to eq({ "a" => 1, "b" => 1, "s0" => 3, "s1" => 3 })
  end

  describe "in processes", :native do
    it "land all of 8 processes' 25 appends, once, beside one that overwrites another partition" do
      stop = File.join(tmpdir, "stop")
      beside = Thread.new { ruby(<<~RUBY, limit: 280) }
        table = DeltaLake.open(#{table_path.inspect})
        rounds = 0
        until File.exist?(#{stop.inspect})
          table.overwrite([{ name: "beside", part: "other" }] * 2, where: { part: "other" })
          rounds += 1
        end
        abort "never" if rounds.zero?
      RUBY
      writers = Array.new(8) do |i|
        Thread.new { ruby(<<~RUBY, limit: 280) }
          table = DeltaLake.open(#{table_path.inspect})
          25.times { |j| table.append([{ name: "#{i}-\#{j}", part: "p#{i % 2}" }], deadline: 240) }
        RUBY
      end
      expect(writers.map(&:value)).to all(have_succeeded)
      File.write(stop, "")
      expect(beside.value).to have_succeeded
      expected = Array.new(8) { |i| Array.new(25) { |j| "#{i}-#{j}" } }.flatten
      expect(names).to match_array(expected + %w[beside beside])
      expect(ids.uniq.size).to eq(202)
      expect(strays.grep_v(/other/)).to eq([])
    end

    it "are a child's own after a fork" do
      ended = ruby(<<~RUBY, limit: 120)
        table = DeltaLake.open(#{table_path.inspect})
        5.times { |i| table.append([{ name: "before-\#{i}" }]) }
        children = Array.new(3) { |c| fork { 4.times { |i| table.append([{ name: "child-\#{c}-\#{i}" }]) } } }
        4.times { |i| table.append([{ name: "parent-\#{i}" }]) }
        children.each { |pid| Process.wait2(pid).last.success? or abort "a child failed" }
      RUBY
      expect(ended).to have_succeeded
      expect([ids.size, ids.uniq.size]).to eq([21, 21])
    end

    it "are there once when writers are killed in the middle" do
      random = Random.new(RSpec.configuration.seed)
      told = { 0 => [], 1 => [] }
      8.times { |round| told[round % 2] += killed("w#{round}", round % 4, random) }
      table.refresh.append([{ name: "last" }])
      expect(ids.uniq.size).to eq(ids.size)
      expect(names.uniq.size).to eq(names.size)
      expect(told.values.flatten - names).to eq([])
      expect(told.values.flatten).not_to be_empty
    end

    # The names that were acknowledged before the writer died: it was told so `after` times, and a moment went by.
    def killed(name, after, random)
      lib = File.expand_path("../../lib", __dir__)
      script = <<~RUBY
        $stdout.sync = true
        table = DeltaLake.open(ARGV[0])
        (0..).each { |i| table.append([{ name: "\#{ARGV[1]}-\#{i}" }]) && puts("\#{ARGV[1]}-\#{i}") }
      RUBY
      Open3.popen2(RbConfig.ruby, "-I", lib, "-rdeltalake", "-e", script, table_path, name) do |_, out, process|
        told = Array.new(after + 1) { out.gets }
        sleep(random.rand(0.0..0.1))
        Process.kill(:KILL, process.pid)
        process.value
        (told + out.readlines).grep(/\n\z/).map(&:chomp)
      end
    end
  end
end
