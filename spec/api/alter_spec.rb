# frozen_string_literal: true

RSpec.describe "Table#alter" do
  let(:table) { create_table(properties: { "delta.enableTypeWidening" => true }).tap { |t| t.append(orders([1, 2])) } }

  def mapped
    table.alter { |a| a.set_properties "delta.columnMapping.mode" => "name" }
  end

  def reread
    DeltaLake.open(table.uri).to_a.sort_by { |row| row.values.first }
  end

  it "makes one commit of all that the block says, and moves the handle" do
    commit = table.alter(metadata: { ticket: 7 }) do |a|
      a.add_column :note, :string, comment: "by hand", after: :id
      a.set_properties "delta.enableDeletionVectors" => true, "mine" => 1
      a.name = "orders"
      a.description = "all of them"
    end
    expect([commit.version, commit.rows, commit.skipped?]).to eq([2, 0, false])
    expect(table.version).to eq(2)
    expect(table.schema.names).to eq(%i[id note country price])
    expect(table.schema[:note].comment).to eq("by hand")
    expect([table.name, table.description, table.properties["mine"]]).to eq(["orders", "all of them", "1"])
    expect(table.protocol.writer_features).to include("deletionVectors", "typeWidening", "appendOnly", "invariants")
    last = table.history(limit: 1).first
    expect([last.operation, last.user_metadata]).to eq(["ALTER TABLE", { "ticket" => 7 }])
  end

  it "commits nothing where nothing changes" do
    commit = table.alter { |a| a.unset_properties "mine", if_exists: true }
    expect([commit.skipped?, commit.version, commit.attempts]).to eq([true, 1, 0])
    expect(versions_on_disk).to eq([0, 1])
  end

  it "starts from the newest version, whatever the handle stands on" do
    DeltaLake.open(table.uri).append(orders([3]))
    expect(table.alter { |a| a.add_column :n, :long }.version).to eq(3)
    expect(table.count).to eq(3)
  end

  it "adds columns that old rows have no value for" do
    table.alter do |a|
      a.add_column :lines, [:struct] do
        string :sku
      end
      a.add_column :address, :struct do |s|
        s.string :city
      end
      a.add_column "address.zip", :string, first: true
    end
    table.append([{ id: 3, lines: [{ sku: "a" }], address: { zip: "1", city: "B" } }])
    expect(reread.map { |row| row.slice(:id, :lines, :address) }).to eq(
      [{ id: 1, lines: nil, address: nil }, { id: 2, lines: nil, address: nil },
       { id: 3, lines: [{ sku: "a" }], address: { zip: "1", city: "B" } }]
    )
  end

  it "renames and drops columns of a mapped table, whose files stay" do
    mapped
    files = files_on_disk
    table.alter do |a|
      a.rename_column :country, "the land"
      a.drop_column :price
    end
    expect(reread).to eq([{ id: 1, "the land": "FR" }, { id: 2, "the land": "US" }])
    expect(files_on_disk).to eq(files)
    table.alter { |a| a.add_column :price, :long }
    table.append([{ id: 3, "the land": "DE", price: 9 }])
    expect(reread.map(&:values)).to eq([[1, "FR", nil], [2, "US", nil], [3, "DE", 9]])
    expect(table.where("the land": "DE").pluck(:id)).to eq([3])
  end

  it "renames partition columns" do
    parted = create_table(path: table_path("p"), partition_by: [:country],
                          properties: { "delta.columnMapping.mode" => "name" })
    parted.append(orders([1, 2]))
    parted.alter { |a| a.rename_column :country, :land }
    parted.append([{ id: 3, land: "DE" }])
    expect(parted.partition_by).to eq([:land])
    expect(DeltaLake.open(parted.uri).where(land: %w[FR DE]).pluck(:id)).to match_array([1, 3])
  end

  it "makes types wider" do
    table.alter { |a| a.change_type :price, "decimal(20,4)" }
    table.append([{ id: 3, price: "12345678901234.5678" }])
    expect(reread.map { |row| row[:price] }).to eq([BigDecimal("0.25"), BigDecimal("0.5"),
                                                    BigDecimal("12345678901234.5678")])
    expect { table.alter { |a| a.change_type :price, :double } }
      .to raise_error(DeltaLake::SchemaMismatchError, /price.*wider/)
  end

  it "lets columns be nil, and says what to do where they are to refuse it" do
    expect { table.append([{ id: nil }]) }.to raise_error(DeltaLake::SchemaMismatchError)
    table.alter { |a| a.change_null :id, true }
    table.append([{ country: "DE" }])
    expect { table.alter { |a| a.change_null :id, false } }
      .to raise_error(DeltaLake::SchemaMismatchError, /column id .*add_constraint/)
  end

  it "sets defaults" do
    table.alter { |a| a.change_default :country, "'XX'" }
    table.append([{ id: 3 }, { id: 4, country: nil }])
    expect(reread.map { |row| row[:country] }).to eq(["FR", "US", "XX", nil])
    table.alter { |a| a.change_default :country, nil }
    table.append([{ id: 5 }])
    expect(reread.last[:country]).to be_nil
    expect { table.alter { |a| a.change_default :country, "nope(1)" } }
      .to raise_error(DeltaLake::Error, /country/)
  end

  it "adds constraints that every row fulfils, and only those" do
    expect { table.alter { |a| a.add_constraint :small, "id < 2" } }
      .to raise_error(DeltaLake::ConstraintViolationError, /constraint small .*where\(/)
    table.alter { |a| a.add_constraint :small, "id < 10" }
    expect { table.append([{ id: 10 }]) }.to raise_error(DeltaLake::ConstraintViolationError, /small/)
    table.append([{ id: 9 }])
    table.alter { |a| a.drop_constraint :small }
    table.append([{ id: 10 }])
    expect(table.count).to eq(4)
  end

  it "keeps another handle's rows out that a new constraint refuses" do
    other = DeltaLake.open(table.uri)
    table.alter { |a| a.add_constraint :small, "id < 10" }
    expect { other.append([{ id: 10 }]) }.to raise_error(DeltaLake::Error)
    expect(DeltaLake.open(table.uri).count).to eq(2)
  end

  it "turns on what it can, and rows go on coming" do
    table.alter do |a|
      a.set_properties "delta.enableInCommitTimestamps" => true, "delta.enableChangeDataFeed" => true,
                       "delta.enableDeletionVectors" => true, "delta.checkpointPolicy" => "v2",
                       "delta.columnMapping.mode" => "name", "delta.appendOnly" => true
      a.add_feature :vacuumProtocolCheck
    end
    3.times { |n| table.append(orders([3 + n])) }
    expect(reread.size).to eq(5)
    expect(table.changes(from: 3).count).to eq(3)
    expect(table.properties).to include("delta.inCommitTimestampEnablementVersion" => "2")
  end

  it "refuses by name what cannot be, and leaves the table as it was" do
    {
      ->(a) { a.drop_column :country } => [DeltaLake::SchemaMismatchError, /country.*columnMapping.*set_properties/],
      ->(a) { a.rename_column :country, :c } => [DeltaLake::SchemaMismatchError, /country.*columnMapping/],
      ->(a) { a.add_column :Country, :long } => [DeltaLake::SchemaMismatchError, /Country/],
      ->(a) { a.add_column "a b", :long } => [DeltaLake::SchemaMismatchError, /a b.*delta\.columnMapping\.mode/],
      ->(a) { a.add_column :x, "long not null" } => [DeltaLake::SchemaMismatchError, /column x .*null: false/],
      ->(a) { a.set_properties "delta.columnMapping.mode" => "id" } => [DeltaLake::ConfigurationError, /name/],
      ->(a) { a.set_properties "parquet.block.size" => "1mb" } => [DeltaLake::ConfigurationError, /parquet.block.size/],
      ->(a) { a.set_properties "delta.parquet.compression.codec" => "x" } => [DeltaLake::ConfigurationError, /codec/],
      ->(a) { a.add_feature "geospatial" } => [DeltaLake::UnsupportedFeatureError, /geospatial/],
      ->(a) { a.add_constraint :c, "id >" } => [ArgumentError, /constraint c/],
      ->(a) { a.drop_constraint :c } => [ArgumentError, /no constraint c/]
    }.each { |change, (error, words)| expect { table.alter(&change) }.to raise_error(error, words) }
    expect(versions_on_disk).to eq([0, 1])
  end

  it "takes arguments of the right kind only" do
    expect { table.alter }.to raise_error(ArgumentError, /block/)
    expect { table.alter { |a| a.add_column 1, :long } }.to raise_error(TypeError)
    expect { table.alter { |a| a.add_column :x, :nope } }.to raise_error(ArgumentError, /nope/)
    expect { table.alter { |a| a.add_column(:x, :long) { string :y } } }.to raise_error(ArgumentError, /block/)
    expect { table.alter { |a| a.change_null :id, "yes" } }.to raise_error(ArgumentError, /null/)
    expect { table.alter(metadata: 1) { |a| a.name = "x" } }.to raise_error(TypeError, /metadata/)
    expect { table.alter(deadline: 0) { |a| a.name = "x" } }.to raise_error(ArgumentError, /deadline/)
    expect(versions_on_disk).to eq([0, 1])
  end

  it "goes by names with dots in them" do
    mapped
    table.alter { |a| a.add_column ["a.b"], :long }
    table.alter { |a| a.rename_column "`a.b`", "c.d" }
    expect(table.schema.names).to include(:"c.d")
    table.alter { |a| a.drop_column ["c.d"] }
    expect(table.schema.names).to eq(%i[id country price])
  end

  it "keeps a feed's own names for the feed" do
    table.alter { |a| a.add_column :_commit_version, :long }
    expect { table.alter { |a| a.set_properties "delta.enableChangeDataFeed" => true } }
      .to raise_error(DeltaLake::SchemaMismatchError, /_commit_version/)
  end

  it "goes on with partitions, statistics and times of wider types" do
    schema = { id: :integer, day: :date, price: "decimal(5,2)", number: :short, s: :string }
    parted = create_table(schema, path: table_path("p"), partition_by: %i[day price number],
                                  properties: { "delta.enableTypeWidening" => true })
    parted.append([{ id: 1, day: Date.new(2026, 1, 2), price: "1.25", number: 3 }])
    parted.alter do |a|
      { day: :timestamp_ntz, price: "decimal(10,4)", number: :long, id: :double }.each { |to| a.change_type(*to) }
    end
    parted.append([{ id: 2.5, day: Time.utc(2026, 1, 3, 4), price: "2.1234", number: 2**40 }])
    found = ["day < '2026-01-03'", "price = 1.25", "number > 2", "id > 2.4", "price > 2.12"].map do |condition|
      DeltaLake.open(parted.uri).where(condition).pluck(:id).sort
    end
    expect(found).to eq([[1.0], [1.0], [1.0, 2.5], [2.5], [2.5]])
    expect(parted.protocol.reader_features).to match_array(%w[timestampNtz typeWidening])
  end

  it "loses no row of processes that append meanwhile" do
    uri = table.uri
    writers = Array.new(3) do |n|
      fork do
        20.times do |i|
          DeltaLake.open(uri).append([{ id: (n * 100) + i + 10 }])
        rescue DeltaLake::CommitConflictError
          retry
        end
        exit!(0)
      end
    end
    10.times { |i| table.alter { |a| a.add_column "c#{i}", :long } }
    expect(writers.map { |pid| Process.wait2(pid).last.exitstatus }).to eq([0, 0, 0])
    expected = [1, 2] + [10, 110, 210].flat_map { |first| (first...(first + 20)).to_a }
    expect(DeltaLake.open(uri).pluck(:id).sort).to eq(expected)
    expect(DeltaLake.open(uri).schema.names.size).to eq(13)
  end
end
