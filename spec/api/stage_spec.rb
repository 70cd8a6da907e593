# frozen_string_literal: true

RSpec.describe "stage and commit" do
  let(:table) { create_table(partition_by: :country) }

  def load(json)
    DeltaLake::StagedFiles.load(json)
  end

  it "shows rows of several writers at once" do
    parts = [0..3, 4..7].map { |some| table.stage(orders(some)).to_json }
    expect(DeltaLake.open(table_path)).to have_attributes(version: 0, count: 0)
    commit = table.commit(parts.map { |json| load(json) })
    expect(commit).to have_attributes(version: 1, rows: 8, files: 6, skipped?: false)
    expect(commit.bytes).to be_positive
    expect(DeltaLake.open(table_path).pluck(:id)).to match_array(0..7)
  end

  it "tells what is staged" do
    staged = table.stage(orders(0..3))
    expect(staged).to have_attributes(rows: 4, files: 3, bytes: be_positive)
    expect(staged).to be_frozen
    expect(staged.inspect).to include("rows=4")
    expect(table.stage([])).to have_attributes(rows: 0, files: 0)
  end

  it "commits once for a key" do
    2.times { |i| expect(table.commit([table.stage(orders(0..1))], once: "load").skipped?).to eq(i == 1) }
    expect(DeltaLake.open(table_path).count).to eq(2)
  end

  it "takes the same files again without doubling a row" do
    staged = table.stage(orders(0..1))
    2.times { table.commit(staged) }
    expect(DeltaLake.open(table_path).count).to eq(2)
    expect { table.commit([staged, staged]) }.to raise_error(ArgumentError, /twice/)
  end

  it "leaves files alone when their object is dropped" do
    table.stage(orders(0..1))
    GC.start
    sleep(0.05)
    expect(files_on_disk.size).to eq(2)
  end

  it "leaves nothing of rows that do not fit" do
    expect { table.stage([{ id: 1 }, { id: "x" }]) }.to raise_error(DeltaLake::SchemaMismatchError)
    expect(strays).to eq([])
  end

  it "crosses processes", :native do
    table
    script = "puts DeltaLake.open(#{table_path.inspect}).stage([{ id: 5, country: 'DE' }]).to_json"
    json = ruby(script).out.lines.find { |line| line.start_with?("{") }
    expect(table.commit(load(json)).rows).to eq(1)
    expect(DeltaLake.open(table_path).pluck(:id)).to eq([5])
  end

  it "checks what a stranger says" do
    good = JSON.parse(table.stage(orders(0..0)).to_json)
    change = lambda do |&block|
      JSON.generate(JSON.parse(JSON.generate(good)).tap { |data| block.call(data["adds"].first, data) })
    end
    {
      /outside/ => change.call { |add, _| add["path"] = "/etc/passwd" },
      /climbs/ => change.call { |add, _| add["path"] = "../x.parquet" },
      /into the log/ => change.call { |add, _| add["path"] = "_delta_log/x" },
      /is gone/ => change.call { |add, _| add["path"] = "x.parquet" },
      /another size/ => change.call { |add, _| add["size"] = 1 },
      /no new file/ => change.call { |add, _| add["size"] = -1 },
      /partition column country/ => change.call { |add, _| add["partitionValues"] = {} },
      /no partition columns/ => change.call { |add, _| add["partitionValues"]["id"] = "1" },
      /number of rows/ => change.call { |add, _| add["stats"] = "{}" },
      /another table/ => change.call { |_, data| data["metaData"]["id"] = "other" }
    }.each do |message, json|
      expect { table.commit([load(json)]) }.to raise_error(ArgumentError, message)
    end
    ["", "{}", "[]", "null", JSON.generate(good.merge("format" => 2))].each do |json|
      expect { load(json) }.to raise_error(ArgumentError, /not the JSON of staged files/)
    end
    expect(DeltaLake.open(table_path).version).to eq(0)
  end

  it "refuses files of a table that has changed since" do
    staged = table.stage(orders(0..0))
    changed = actions(0).filter_map { |action| action["metaData"] }.first
    changed["configuration"]["delta.constraints.some"] = "id > 0"
    File.write(commit_file(1), "#{JSON.generate({ metaData: changed })}\n")
    expect { table.commit(staged) }.to raise_error(DeltaLake::SchemaMismatchError, /do not fit it any more/)
  end

  it "takes staged files and nothing else" do
    expect { table.commit("{}") }.to raise_error(TypeError, /StagedFiles.load/)
    expect { load(nil) }.to raise_error(TypeError)
  end
end
