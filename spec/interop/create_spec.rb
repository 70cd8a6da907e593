# frozen_string_literal: true

require_relative "python"

RSpec.describe "Tables that ask for features, as Python deltalake reads them", :python do
  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  rows = [{ id: 1, s: "a", n: { x: 1 } }, { id: 2, s: nil, n: nil }]
  {
    "a change data feed" => { "delta.enableChangeDataFeed" => true },
    "deletion vectors" => { "delta.enableDeletionVectors" => true },
    "row tracking" => { "delta.enableRowTracking" => true },
    "in-commit timestamps" => { "delta.enableInCommitTimestamps" => true },
    "column mapping by name" => { "delta.columnMapping.mode" => "name" },
    "column mapping by id" => { "delta.columnMapping.mode" => "id" },
    "column mapping of legacy versions" => { "delta.columnMapping.mode" => "name", "delta.minReaderVersion" => 2,
                                             "delta.minWriterVersion" => 5 },
    "column mapping beside deletion vectors" => { "delta.columnMapping.mode" => "name",
                                                  "delta.enableDeletionVectors" => true },
    "V2 checkpoints" => { "delta.checkpointPolicy" => "v2" },
    "lists without need" => { "delta.minReaderVersion" => 3, "delta.minWriterVersion" => 7 }
  }.each do |name, properties|
    it "have #{name}" do
      table = DeltaLake.create(File.join(@folder, "table"), schema: { id: :long, s: :string, n: { x: :long } },
                                                            properties: properties)
      table.append(rows)
      read = python("read.py", table.uri, "--query").first
      expect(read["rows"]).to eq(CanonicalRows.new(JSON.parse(table.schema.to_json)).lines(rows))
    end
  end

  it "are clustered" do
    table = DeltaLake.create(File.join(@folder, "table"), schema: { id: :long, s: :string }, cluster_by: [:s])
    table.append([{ id: 1, s: "a" }])
    expect(python("read.py", table.uri).first["rows"].size).to eq(1)
  end
end
