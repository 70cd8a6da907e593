# frozen_string_literal: true

RSpec.describe "Tables that ask for features" do
  def features(table)
    [table.protocol.min_reader_version, table.protocol.min_writer_version, table.protocol.writer_features]
  end

  # Each is read back from the log, and takes rows.
  def expect_rows(table)
    table.append(orders([1, 2]))
    expect(DeltaLake.open(table.uri).to_a).to match_array(orders([1, 2]))
    expect(features(DeltaLake.open(table.uri))).to eq(features(table))
  end

  it "have the lowest protocol, where they ask for none" do
    expect(features(create_table)).to eq([1, 2, []])
  end

  {
    "delta.enableChangeDataFeed" => [true, 1, %w[appendOnly changeDataFeed invariants]],
    "delta.enableDeletionVectors" => [true, 3, %w[appendOnly deletionVectors invariants]],
    "delta.enableRowTracking" => [true, 1, %w[appendOnly domainMetadata invariants rowTracking]],
    "delta.enableTypeWidening" => [true, 3, %w[appendOnly invariants typeWidening]],
    "delta.enableInCommitTimestamps" => [true, 1, %w[appendOnly inCommitTimestamp invariants]],
    "delta.columnMapping.mode" => ["name", 2, %w[appendOnly columnMapping invariants]],
    "delta.checkpointPolicy" => ["v2", 3, %w[appendOnly invariants v2Checkpoint]],
    "delta.feature.vacuumProtocolCheck" => ["supported", 3, %w[appendOnly invariants vacuumProtocolCheck]]
  }.each do |property, (value, reader, writer_features)|
    it "take #{property}" do
      table = create_table(properties: { property => value })
      expect(features(table)).to eq([reader, 7, writer_features])
      expect_rows(table)
    end
  end

  it "take all of them at once, by ids" do
    names = %w[ChangeDataFeed DeletionVectors RowTracking TypeWidening InCommitTimestamps]
    table = create_table(properties: { "delta.columnMapping.mode" => "id", "delta.checkpointPolicy" => "v2" }
      .merge(names.to_h { |name| ["delta.enable#{name}", true] }))
    expect_rows(table)
    expect(table.properties).to include("delta.columnMapping.maxColumnId" => "3")
    expect(table.select(:_row_id).to_a.map { |row| row[:_row_id] }).to eq([0, 1])
  end

  it "are clustered" do
    table = create_table(cluster_by: %i[country id])
    expect(table.domain_metadata.fetch("delta.clustering")).to include('"clusteringColumns":[["country"],["id"]]')
    expect(features(table).last).to eq(%w[appendOnly clustering domainMetadata invariants])
    expect_rows(table)
    expect { create_table(path: table_path("b"), cluster_by: [:country], partition_by: [:id]) }
      .to raise_error(DeltaLake::SchemaMismatchError, /partition_by or cluster_by/)
  end

  it "have odd names where columns are mapped" do
    schema = { "a b" => :long, "x,y" => { "p=q" => :string } }
    expect { create_table(schema) }.to raise_error(DeltaLake::SchemaMismatchError, /delta\.columnMapping\.mode/)
    table = create_table(schema, properties: { "delta.columnMapping.mode" => "name" })
    rows = [{ "a b": 1, "x,y": { "p=q": "z" } }]
    table.append(rows)
    expect(DeltaLake.open(table.uri).to_a).to eq(rows)
  end

  it "are refused by name where there is no such feature" do
    expect { create_table(properties: { "delta.feature.catalogManaged" => "supported" }) }
      .to raise_error(DeltaLake::UnsupportedFeatureError, /catalogManaged/)
    expect(DeltaLake.table?(table_path)).to be(false)
  end

  it "say which property no table can have" do
    { "delta.columnMapping.mode" => "index", "delta.columnMapping.maxColumnId" => 1, "delta.minWriterVersion" => 9,
      "delta.feature.rowTracking" => "on", "parquet.block.size" => 0 }.each do |key, value|
      expect { create_table(properties: { key => value }) }
        .to raise_error(DeltaLake::ConfigurationError, /#{Regexp.escape(key)}/)
    end
  end

  describe "in their columns" do
    it "say what they hold for rows that do not give them" do
      schema = DeltaLake::Schema.define do
        long :id, identity: { start: 10, step: 5 }
        long :n, default: 7
        string :s, default: "'new'", comment: "how it is"
        date :day, generated: "CAST(at AS DATE)"
        timestamp :at
      end
      expect(schema.fields.to_h { |field| [field.name, field.metadata] }).to eq(
        id: { "delta.identity.start" => 10, "delta.identity.step" => 5, "delta.identity.allowExplicitInsert" => false },
        n: { "CURRENT_DEFAULT" => "7" }, s: { "comment" => "how it is", "CURRENT_DEFAULT" => "'new'" },
        day: { "delta.generationExpression" => "CAST(at AS DATE)" }, at: {}
      )
    end

    it "refuse what makes no sense" do
      expect { DeltaLake::Schema.define { long :id, identity: true, default: 1 } }.to raise_error(ArgumentError, /id/)
      expect { DeltaLake::Schema.define { long :id, identity: { from: 1 } } }.to raise_error(ArgumentError, /start/)
      expect { DeltaLake::Schema.define { long :id, identity: { start: "1" } } }.to raise_error(TypeError, /Integers/)
      expect { DeltaLake::Schema.define { date :id, generated: :now } }.to raise_error(TypeError, /SQL text/)
      expect { DeltaLake::Schema.define { date :id, default: Date.new(2026) } }.to raise_error(TypeError, /SQL text/)
      schema = DeltaLake::Schema.define { [long(:id), date(:day, generated: "id + 1")] }
      expect { create_table(schema) }.to raise_error(DeltaLake::SchemaMismatchError, /CAST\(id \+ 1 AS date\)/)
    end
  end
end
