# frozen_string_literal: true

require "logger"
require "stringio"

RSpec.describe "Checkpoints" do
  def log_files(path = table_path)
    Dir.children(File.join(path, "_delta_log")).sort
  end

  def checkpoints_on_disk(path = table_path)
    log_files(path).grep(/checkpoint.*\.parquet\z/).map { |name| Integer(name[0, 20], 10) }
  end

  def hint
    JSON.parse(File.read(File.join(table_path, "_delta_log/_last_checkpoint")))
  end

  def forget_commits(through:)
    (0..through).each { |version| File.delete(commit_file(version)) }
  end

  def idle
    DeltaLake::Native.upkeep_wait(20.0)
  end

  after do
    DeltaLake.configure do |c|
      c.checkpoints = :background
      c.logger = nil
    end
  end

  describe "on request" do
    it "hold the whole table" do
      table = create_table
      3.times { |i| table.append(orders(i * 10...(i * 10) + 10), once: "k#{i}") }
      done = table.checkpoint
      expect(done).to have_attributes(version: 3, files: 3, actions: 8, skipped?: false)
      expect(done.bytes).to eq(File.size(File.join(table_path, "_delta_log/#{format('%020d', 3)}.checkpoint.parquet")))
      forget_commits(through: 3)
      again = DeltaLake.open(table_path)
      expect(again.to_a.sort_by { |row| row[:id] }).to eq(orders(0...30))
      expect(again.append(orders([1]), once: "k1")).to be_skipped
      expect(again.append(orders([30]))).to have_attributes(version: 4)
    end

    it "are written once for a version" do
      table = create_table
      table.append(orders(0..3))
      expect(table.checkpoint).not_to be_skipped
      expect(table.checkpoint).to be_skipped
      expect(hint).to include("version" => 1, "numOfAddFiles" => 1)
    end

    it "are of the newest version, to which the handle moves" do
      table = create_table
      DeltaLake.open(table_path).append(orders(0..3))
      expect(table.checkpoint.version).to eq(1)
      expect(table.version).to eq(1)
    end
  end

  describe "after commits" do
    it "come by the table's interval, and are logged" do
      lines = StringIO.new
      DeltaLake.configure { |c| c.logger = Logger.new(lines) }
      table = create_table(properties: { "delta.checkpointInterval" => 3 })
      7.times do |i|
        table.append(orders([i]))
        idle
      end
      expect(checkpoints_on_disk).to eq([3, 6])
      expect(hint["version"]).to eq(6)
      expect(log_files).to include("#{format('%020d', 6)}.crc")
      table.refresh
      expect(lines.string).to match(/checkpoint of version 6: 6 files/)
    end

    it "come ten versions apart where the table does not say" do
      table = create_table
      12.times { |i| table.append(orders([i])) }
      idle
      expect(checkpoints_on_disk).to eq([10])
    end

    it "do not come where the configuration says so" do
      DeltaLake.configure { |c| c.checkpoints = :manual }
      table = create_table(properties: { "delta.checkpointInterval" => 1 })
      3.times { |i| table.append(orders([i])) }
      idle
      expect(checkpoints_on_disk).to eq([])
      DeltaLake.configure { |c| c.checkpoints = :background }
      table.append(orders([3]))
      idle
      expect(checkpoints_on_disk).to eq([4])
    end

    it "are made up for by whoever sees that they are missing" do
      DeltaLake.configure { |c| c.checkpoints = :manual }
      table = create_table(properties: { "delta.checkpointInterval" => 4 })
      8.times { |i| table.append(orders([i])) }
      DeltaLake.configure { |c| c.checkpoints = :background }
      table.append(orders([8]))
      idle
      expect(checkpoints_on_disk).to eq([9])
      table.append(orders([9]))
      idle
      expect(checkpoints_on_disk).to eq([9])
    end

    it "fail no commit, and their failure is logged" do
      lines = StringIO.new
      DeltaLake.configure { |c| c.logger = Logger.new(lines) }
      table = create_table(properties: { "delta.checkpointInterval" => 2 })
      table.append(orders([0]))
      FileUtils.mkdir_p(File.join(table_path, "_delta_log/#{format('%020d', 2)}.checkpoint.parquet/in the way"))
      table.append(orders([1]))
      idle
      expect(table.refresh.count).to eq(2)
      expect(lines.string).to match(/ERROR.*upkeep after a commit failed/)
    end
  end

  describe "of a process that ends", :native do
    let(:script) do
      <<~RUBY
        table = DeltaLake.open(#{table_path.inspect})
        table.append([{ id: Process.pid }])
      RUBY
    end

    before { create_table(properties: { "delta.checkpointInterval" => 1 }) }

    it "are waited for" do
      3.times { expect(ruby(script)).to have_succeeded }
      expect(checkpoints_on_disk).to eq([1, 2, 3])
    end

    it "are not waited for by a child that did not begin them" do
      ended = ruby(<<~RUBY)
        DeltaLake.configure { |c| c.checkpoint_wait = 3600 }
        #{script}
        pid = fork { }
        Process.wait2(pid).last.success? or abort "the child failed"
        pid = fork { DeltaLake.open(#{table_path.inspect}).append([{ id: 1 }]) }
        Process.wait2(pid).last.success? or abort "the second child failed"
      RUBY
      expect(ended).to have_succeeded
      expect(checkpoints_on_disk).to eq([1, 2])
    end
  end

  it "are used by a handle that was open before" do
    table = create_table({ id: :long })
    100.times { |id| table.append([{ id: id }]) }
    DeltaLake.open(table_path).checkpoint
    table.append([{ id: 100 }])
    expect(table.pluck(:id)).to match_array(0..100)
    asked = table.where(id: 5).explain(analyze: true)[:requests]
    expect(asked.values.sum).to be < 20
    FileUtils.rm((0...100).map { |version| commit_file(version) })
    expect(table.pluck(:id)).to match_array(0..100)
  end

  it "refuse what makes no sense in their configuration" do
    expect { DeltaLake.configure { |c| c.checkpoints = :never } }.to raise_error(ArgumentError, /background/)
    expect { DeltaLake.configure { |c| c.checkpoint_wait = -1 } }.to raise_error(ArgumentError, /0 seconds or more/)
    expect { DeltaLake.configure { |c| c.checkpoint_wait = "1" } }.to raise_error(TypeError, /String/)
  end
end
