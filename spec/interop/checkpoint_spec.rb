# frozen_string_literal: true

require_relative "every_type"
require_relative "python"

# Nothing is left of each log but our checkpoint, so it is that what they read.
RSpec.describe "What other engines read of our checkpoints", :python do
  schema = { id: :long, part: :string, name: :string }
  stats = lambda { |json, struct|
    { "delta.checkpoint.writeStatsAsJson" => json, "delta.checkpoint.writeStatsAsStruct" => struct }
  }

  def rows(ids)
    ids.map { |id| { id: id, part: [nil, "a b", "ü/%"][id % 3], name: id.odd? ? "n#{id}" : nil } }
  end

  def only_checkpoint(table)
    done = table.checkpoint
    (0..done.version).each { |version| File.delete(commit_file(version, table.uri)) }
    done
  end

  def texts(rows)
    rows.map { |row| row.values.map { |value| value.nil? ? "None" : value.to_s }.to_json }.sort
  end

  # Python writes other characters than these as escapes.
  def ascii(lines)
    lines.map { |line| JSON.generate(JSON.parse(line), ascii_only: true) }.sort
  end

  def expect_read(path, rows, files:)
    read = python("others.py", path).first
    expect(read["files"]).to eq(files)
    expect(read["rows"]).to include("deltalake")
    read["rows"].each { |engine, lines| expect(ascii(lines)).to eq(ascii(texts(rows))), engine }
  end

  { "statistics as JSON" => [true, false], "both ways" => [true, true], "statistics as a struct" => [false, true],
    "no statistics" => [false, false] }.each do |words, (json, struct)|
    { "V1" => false, "V2" => true }.each do |kind, v2|
      it "are all rows of a partitioned table (#{kind}, #{words})" do
        table = create_table(schema, partition_by: :part, properties: stats.call(json, struct))
        table = with_v2_checkpoints if v2
        3.times { |i| table.append(rows(i * 10...(i * 10) + 10)) }
        expect(only_checkpoint(table).files).to eq(9)
        expect_read(table_path, rows(0...30), files: 9)
      end
    end
  end

  it "are all rows of every type" do
    path = table_path
    table = DeltaLake.create(path, schema: EveryType::SCHEMA, properties: stats.call(true, true))
    table.append(EveryType.rows)
    only_checkpoint(table)
    read = python("read.py", path).first
    expect(read["rows"]).to eq(CanonicalRows.new(read["schema"]).lines(EveryType.rows))
  end

  it "are the files that sidecars hold" do
    create_table(schema)
    table = with_v2_checkpoints
    adds = Array.new(5_000) do |i|
      { add: { path: "part-#{i}.parquet", partitionValues: {}, size: 1, modificationTime: 1, dataChange: true } }
    end
    File.write(commit_file(1), adds.map { |line| "#{line.to_json}\n" }.join)
    table.refresh
    expect(only_checkpoint(table).files).to eq(5_000)
    expect(Dir.children(File.join(table_path, "_delta_log/_sidecars")).size).to eq(1)
    expect(python("files.py", table_path).first).to eq("deltalake" => 5_000)
  end

  it "are followed by their own commits and checkpoints, which we read" do
    table = create_table(schema)
    table.append(rows(0...10))
    table.checkpoint
    File.delete(commit_file(0))
    python("append.py", table_path)
    python("checkpoint.py", table_path)
    table.refresh
    expect(table.count).to be > 10
    expect(table.checkpoint).to be_skipped
  end
end
