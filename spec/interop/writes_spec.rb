# frozen_string_literal: true

require_relative "python"

# Each way to write, to tables with each feature: Python deltalake, Polars and DuckDB find our rows, as far as they have
# the feature.
RSpec.describe "What other engines read of what we write", :python do
  schema = { id: :long, part: :string, name: :string }
  # What a table is asked for, by what it is.
  tables = {
    "nothing" => {}, "in partitions" => { partition_by: [:part] },
    "column mapping by name" => { properties: { "delta.columnMapping.mode" => "name" }, partition_by: [:part] },
    "column mapping by id" => { properties: { "delta.columnMapping.mode" => "id" } },
    "deletion vectors" => { properties: { "delta.enableDeletionVectors" => true } },
    "row tracking" => { properties: { "delta.enableRowTracking" => true } },
    "in-commit timestamps" => { properties: { "delta.enableInCommitTimestamps" => true } },
    "type widening" => { properties: { "delta.enableTypeWidening" => true } },
    "V2 checkpoints" => { properties: { "delta.checkpointPolicy" => "v2" } },
    "a constraint" => { properties: { "delta.constraints.small" => "id < 10000" } },
    "clustering" => { cluster_by: [:id] },
    # Whole, since Python's reader of the feed finds no file whose path has escapes.
    "a change data feed" => { properties: { "delta.enableChangeDataFeed" => true } }
  }
  writes = {
    "append" => ->(table, rows) { table.append(rows) },
    "append_json" => ->(table, rows) { table.append_json(rows.map(&:to_json)) },
    "append of Arrow" => ->(table, rows) { table.append(arrow(rows)) },
    "shared commits" => lambda { |table, rows|
      rows.each_slice(5).map { |some| Thread.new { table.append(some, group: true) } }.each(&:join)
    },
    "stage and commit" => lambda { |table, rows|
      staged = rows.each_slice(7).map { |some| DeltaLake::StagedFiles.load(table.stage(some).to_json) }
      table.commit(staged)
    },
    "overwrite" => ->(table, rows) { table.append(row_range(500...510)) && table.overwrite(rows) },
    "overwrite of some" => lambda { |table, rows|
      table.append(row_range(0...30))
      table.overwrite(rows.select { |row| row[:id] >= 12 }, where: "id >= 12")
    }
  }

  def row_range(ids)
    ids.map { |id| { id: id, part: [nil, "a b", "ü"][id % 3], name: id.odd? ? "n#{id}" : nil } }
  end

  # Rows as a scan of another table gives them.
  def arrow(rows)
    DeltaLake.create(File.join(tmpdir, "arrow"), schema: { id: :long, part: :string, name: :string })
             .tap { |table| table.append(rows) }.scan
  end

  def texts(rows)
    rows.map { |row| JSON.generate(row.values.map { |v| v.nil? ? "None" : v.to_s }, ascii_only: true) }.sort
  end

  def ascii(lines)
    lines.map { |line| JSON.generate(JSON.parse(line), ascii_only: true) }.sort
  end

  def ours(table)
    rows = table.changes(from: 0).map { |row| row.slice(:id, :part, :name, :_change_type, :_commit_version) }
    texts(rows)
  end

  tables.each do |asked, options|
    it "is every row that is there, however written: #{asked}" do
      made = writes.map do |how, write|
        table = DeltaLake.create(File.join(tmpdir, how.tr(" ", "_")), schema: schema, **options)
        instance_exec(table, row_range(0...30), &write)
        [how, table.refresh]
      end
      made.zip(python("others.py", *made.map { |_, table| table.uri })).each do |(how, table), read|
        expect(read["rows"]).not_to be_empty
        read["rows"].each { |engine, lines| expect(ascii(lines)).to eq(texts(row_range(0...30))), "#{how}: #{engine}" }
        expect(ascii(read["changes"])).to eq(ours(table)), how if read["changes"]
      end
    end
  end
end
