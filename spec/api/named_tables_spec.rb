# frozen_string_literal: true

RSpec.describe "Tables that the configuration names", :native do
  after { DeltaLake.configure { |c| c.tables = {} } }

  def name_tables(**tables)
    DeltaLake.configure { |c| c.tables = tables }
  end

  it "go by their names wherever an address is asked for" do
    name_tables(orders: table_path, "other" => Pathname(table_path("other")))
    expect(DeltaLake.table?(:orders)).to be(false)
    DeltaLake.create(:orders, schema: TableHelper::ORDERS).append(orders(0..2))
    expect(DeltaLake.table(:orders).count).to eq(3)
    expect(DeltaLake.table("orders", version: 0).count).to eq(0)
    expect(DeltaLake.open(:orders).uri).to eq(table_path)
    expect(DeltaLake.create(:other, schema: { id: :long }).uri).to eq(table_path("other"))
  end

  it "have options of their own, which the caller's win over, and which nobody sees" do
    name_tables(remote: { uri: "s3://bucket/t", storage: { secret_access_key: "hush", region: "one" } })
    uri, storage = DeltaLake::NamedTables.find(:remote, { region: "two" })
    expect([uri, storage]).to eq(["s3://bucket/t", { "secret_access_key" => "hush", "region" => "two" }])
    expect(DeltaLake.configuration.tables.inspect).to include("s3://bucket/t").and exclude("hush")
    name_tables(local: { uri: table_path, storage: { region: "x" } })
    expect { DeltaLake.open(:local) }.to raise_error(DeltaLake::ConfigurationError, /"region" has no meaning/)
  end

  it "may name a profile of options" do
    name_tables(remote: { uri: "s3://bucket/t", storage: :warehouse })
    expect { DeltaLake.table?(:remote) }.to raise_error(DeltaLake::ConfigurationError, /no profile .*:warehouse/)
    DeltaLake.configure { |c| c.storage_profiles = { warehouse: { region: "one" } } }
    expect(DeltaLake::NamedTables.find(:remote, {}).last).to eq({ "region" => "one" })
  ensure
    DeltaLake.configure { |c| c.storage_profiles = {} }
  end

  it "say what is wrong with them" do
    name_tables(orders: table_path)
    expect { DeltaLake.table(:order) }.to raise_error(DeltaLake::ConfigurationError, /named :order .*known: :orders/)
    { { a: { url: "x" } } => /a has uri and storage, not url/, { a: { storage: {} } } => /the table a has no uri/,
      { a: { uri: " " } } => /address is empty/ }.each do |tables, message|
      expect { name_tables(**tables) }.to raise_error(ArgumentError, message)
    end
    expect { name_tables(a: { uri: 5 }) }.to raise_error(TypeError, /address must be a String/)
    expect { name_tables(a: 5) }.to raise_error(TypeError, /address must be a String/)
    expect { name_tables(a: { uri: "x", storage: 1 }) }.to raise_error(TypeError, /storage\] must be a Hash/)
    expect(DeltaLake.configuration.tables.keys).to eq([:orders])
  end

  RSpec::Matchers.define_negated_matcher :exclude, :include
end
