# frozen_string_literal: true

require "open3"
require "rbconfig"

RSpec.describe "Row tracking that is turned on later" do
  # Deletes rows 3, 4, 7, 11, 18 and 29 of a file.
  let(:vector) do
    { storageType: "i", pathOrInlineDv: "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", sizeInBytes: 44,
      cardinality: 6 }
  end

  def turn_on(table)
    table.alter { |a| a.set_properties "delta.enableRowTracking" => true }
  end

  def operations(path = table_path)
    versions_on_disk(path).map { |version| actions(version, path).first.dig("commitInfo", "operation") }
  end

  def kill(process)
    Process.kill(:KILL, process.pid)
  rescue Errno::ESRCH
    nil # it was quicker
  end

  def row_ids(table)
    table.select(:id, :_row_id).map { |row| row.values_at(:id, :_row_id) }
  end

  def expect_ids(table, ids)
    found, tracked = row_ids(table).transpose
    expect(found).to match_array(ids)
    expect(tracked.uniq).to eq(tracked.grep(Integer))
    mark = JSON.parse(table.domain_metadata.fetch("delta.rowTracking"))
    expect(mark.fetch("rowIdHighWaterMark")).to be >= tracked.max
  end

  it "gives ids to the rows that are there, and says what it did" do
    table = create_table
    3.times { |i| table.append(orders([i * 2, (i * 2) + 1])) }
    commit = turn_on(table)
    expect([commit.version, table.version, commit.rows]).to eq([6, 6, 0])
    expect(operations.last(3)).to eq(["UPGRADE PROTOCOL", "ROW TRACKING BACKFILL", "SET TBLPROPERTIES"])
    expect(table.protocol.writer_features).to include("rowTracking", "domainMetadata")
    expect_ids(DeltaLake.open(table_path), 0..5)
    expect(table.select(:_row_commit_version).pluck(:_row_commit_version)).to all(eq(5))
    table.append(orders([6]))
    expect_ids(DeltaLake.open(table_path), 0..6)
    expect(turn_on(table).skipped?).to be(true)
  end

  it "leaves deletion vectors, names of columns, statistics and the change feed as they are" do
    table = create_table({ id: :long, note: :string },
                         properties: { "delta.columnMapping.mode" => "name", "delta.enableDeletionVectors" => true,
                                       "delta.enableChangeDataFeed" => true })
    table.append((0...30).map { |id| { id: id, note: "n#{id}" } })
    add = actions(1).find { |action| action.key?("add") }.fetch("add")
    remove = add.slice("path", "size", "partitionValues").merge(dataChange: true, deletionTimestamp: 0)
    lines = [{ remove: remove }, { add: add.merge("deletionVector" => vector) }]
    File.write(commit_file(2), lines.map { |line| JSON.generate(line) }.join("\n"))
    table.alter { |a| a.rename_column :note, :remark }
    table.checkpoint
    live = (0...30).to_a - [3, 4, 7, 11, 18, 29]
    turn_on(table)
    table = DeltaLake.open(table_path)
    expect(row_ids(table)).to match_array(live.map { |id| [id, id] })
    expect(table.where(id: 5..6).pluck(:remark)).to eq(%w[n5 n6])
    expect(table.where(id: 100..).explain).to include(files_to_read: 0)
    expect(table.changes(from: 3).to_a).to eq([])
    again = actions(5).find { |action| action.key?("add") }.fetch("add")
    expect(again).to eq(add.merge("deletionVector" => JSON.parse(vector.to_json), "dataChange" => false,
                                  "baseRowId" => 0, "defaultRowCommitVersion" => 5))
    table.checkpoint
    expect_ids(DeltaLake.open(table_path), live)
  end

  it "counts the rows of files whose statistics do not" do
    table = create_table
    table.append(orders(0..4))
    table.append(orders(5..6))
    lines = actions(1).each { |action| action["add"]&.delete("stats") }
    File.write(commit_file(1), lines.map { |line| JSON.generate(line) }.join("\n"))
    turn_on(DeltaLake.open(table_path))
    table = DeltaLake.open(table_path)
    expect_ids(table, 0..6)
    expect(table.files.sum(&:rows)).to eq(7)
  end

  it "is refused while ids are suspended, and stops at the deadline" do
    table = create_table
    table.append(orders([1]))
    table.alter { |a| a.set_properties "delta.rowTrackingSuspended" => true }
    expect { turn_on(table) }.to raise_error(DeltaLake::ConfigurationError, /delta.rowTrackingSuspended/)
    table.alter { |a| a.unset_properties "delta.rowTrackingSuspended" }
    expect { table.alter(deadline: 1e-9) { |a| a.set_properties "delta.enableRowTracking" => true } }
      .to raise_error(DeltaLake::DeadlineExceededError)
    expect(operations.last).to eq("UNSET TBLPROPERTIES")
    expect(DeltaLake.open(table_path).protocol.writer_features.to_a).not_to include("rowTracking")
  end

  it "goes on after kills, while others append" do
    table = create_table(properties: { "delta.checkpointInterval" => 5 })
    20.times { |i| table.append(orders([i])) }
    ids = (0...20).to_a
    random = Random.new(RSpec.configuration.seed)
    script = 'require "deltalake"; table = DeltaLake.open(ARGV[0]); puts "ready"; $stdout.flush
              table.alter { |a| a.set_properties "delta.enableRowTracking" => true }'
    lib = File.expand_path("../../lib", __dir__)
    6.times do |round|
      Open3.popen2(RbConfig.ruby, "-I", lib, "-e", script, table_path) do |_, output, process|
        output.gets
        ids << (100 + round)
        table.append(orders([ids.last]))
        sleep(random.rand(0.03))
        kill(process)
      end
      expect(DeltaLake.open(table_path).pluck(:id)).to match_array(ids)
    end
    turn_on(table)
    expect_ids(DeltaLake.open(table_path), ids)
  end
end
