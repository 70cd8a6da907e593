# frozen_string_literal: true

require "json"

RSpec.describe "What the log says" do
  let(:table) { create_table }

  def commit(version, *actions)
    File.write(commit_file(version), actions.map { |action| JSON.generate(action) }.join("\r\n"))
  end

  def domain(name, configuration, removed: false)
    { domainMetadata: { domain: name, configuration: configuration, removed: removed } }
  end

  it "tells the newest transaction of each application" do
    expect(table.transactions).to eq({})
    table.append(orders(1..1), txn: { app_id: "etl", version: 41 })
    table.append(orders(2..2), txn: { app_id: "etl", version: 42 })
    table.append(orders(3..3), once: "import")
    expect(table.transactions).to eq("etl" => 42, "once:import" => 1)
    expect(table.at(version: 1).transactions).to eq("etl" => 41)
  end

  it "adds rows again once the table has forgotten their transaction" do
    table.append(orders(1..1), once: "import")
    expect(table.append(orders(1..1), once: "import")).to be_skipped
    metadata = JSON.parse(File.readlines(commit_file(0)).grep(/metaData/).first)
    metadata["metaData"]["configuration"] = { "delta.setTransactionRetentionDuration" => "interval 1 day" }
    commit(2, metadata, { txn: { appId: "once:import", version: 1, lastUpdated: 0 } })
    table.refresh
    expect(table.append(orders(1..1), once: "import")).not_to be_skipped
    expect(table.append(orders(1..1), once: "import")).to be_skipped
  end

  it "tells the configuration of each domain that was not removed" do
    expect(table.domain_metadata).to eq({})
    commit(1, domain("a", "1"), domain("b", "{}"))
    commit(2, domain("a", "2"), domain("b", "", removed: true))
    expect(table.refresh.domain_metadata).to eq("a" => "2")
    expect(table.at(version: 1).domain_metadata).to eq("a" => "1", "b" => "{}")
  end

  it "may hold statistics and provenance that say nothing" do
    deep = "#{'[' * 2_000}#{']' * 2_000}"
    add = { path: "x", partitionValues: {}, size: 1, modificationTime: 0, dataChange: true }
    table
    ["nonsense", "3", deep].each.with_index(1) do |text, version|
      commit(version, { add: add.merge(path: "x#{version}", stats: text) }, { commitInfo: 1 })
    end
    File.write(commit_file(4), "{\"commitInfo\":{\"x\":#{deep}}}")
    expect(table.refresh.files.map(&:stats).to_a).to eq([nil, nil, nil])
    expect(table.history.first(4).map(&:raw)).to eq([{}, {}, {}, {}])
  end

  it "may have a schema as deep as a hundred structs, and no deeper" do
    schema = lambda do |levels|
      nested = levels.times.inject("long") do |inner, _|
        { type: "struct", fields: [{ name: "a", type: inner, nullable: true, metadata: {} }] }
      end
      JSON.generate(nested, max_nesting: 0)
    end
    table
    metadata = JSON.parse(File.readlines(commit_file(0)).grep(/metaData/).first)["metaData"]
    with = ->(levels) { { metaData: metadata.merge("schemaString" => schema[levels]) } }
    commit(1, with[100])
    deep = DeltaLake.open(table_path)
    expect(deep.to_a).to eq([])
    expect(deep.schema.to_json).to eq(schema[100])
    commit(2, with[101])
    expect { DeltaLake.open(table_path) }.to raise_error(DeltaLake::UnsupportedFeatureError, /100 deep/)
  end
end
