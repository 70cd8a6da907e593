# frozen_string_literal: true

RSpec.describe "Profiles of storage options" do
  after { DeltaLake.configure { |c| c.storage_profiles = {} } }

  it "stand for options by their name" do
    DeltaLake.configure { |c| c.storage_profiles = { "warehouse" => { regoin: "eu-central-1" }, plain: {} } }
    expect { DeltaLake.open("s3://bucket/orders", storage: :warehouse) }
      .to raise_error(DeltaLake::ConfigurationError, /regoin/)
    table = DeltaLake.create(table_path, schema: { id: :long }, storage: :plain)
    table.append([{ id: 1 }])
    json = table.scan.tasks.first.to_json
    expect(DeltaLake::ScanTask.load(json, storage: :plain).to_a).to eq([{ id: 1 }])
  end

  it "are told apart by name, and not shown" do
    DeltaLake.configure { |c| c.storage_profiles = { warehouse: { secret_access_key: "hush" } } }
    expect { DeltaLake.open(table_path, storage: :warehose) }
      .to raise_error(DeltaLake::ConfigurationError, /\A(?!.*hush).*:warehose.*:warehouse/)
    expect(DeltaLake.configuration.inspect).not_to include("hush")
  end

  it "are Hashes of options" do
    expect { DeltaLake.configuration.storage_profiles = [] }.to raise_error(TypeError)
    expect { DeltaLake.configuration.storage_profiles = { a: 1 } }.to raise_error(TypeError)
    expect { DeltaLake.configuration.storage_profiles = { a: { region: nil } } }.to raise_error(ArgumentError)
  end
end
