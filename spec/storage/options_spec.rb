# frozen_string_literal: true

require "uri"

RSpec.describe "storage options" do
  let(:table_path) { File.join(tmpdir, "table") }
  let(:s3) { { endpoint: "http://127.0.0.1:1", "region" => "x", access_key_id: "k", retries: 0 } }

  after { DeltaLake.configuration.storage = {} }

  def exclude_text(text)
    satisfy("exclude #{text.inspect}") { |message| !message.include?(text) }
  end

  # Everything that takes `storage:`, each with options that are refused.
  def takers(storage, uri: "s3://bucket/table")
    schema = DeltaLake::Schema.from({ id: :long })
    task = JSON.generate(format: 1, table: uri, columns: nil, conditions: [], bytes: 1, read: { version: 0 })
    {
      open: -> { DeltaLake.open(uri, storage:) }, table?: -> { DeltaLake.table?(uri, storage:) },
      create: -> { DeltaLake.create(uri, schema:, storage:) },
      load: -> { DeltaLake::ScanTask.load(task, storage:) }
    }
  end

  it "go to the store, and no message shows them" do
    expect { DeltaLake.open("s3://bucket/table", storage: s3.merge(secret_access_key: "s3cr3t"), deadline: 5) }
      .to raise_error(DeltaLake::Error) { |e| expect([e.message, e.table, e.inspect].join).to exclude_text("s3cr3t") }
  end

  it "that are unknown are refused everywhere, with the near one" do
    takers({ secret_key: "s3cr3t" }).each do |name, call|
      expect(&call).to raise_error(DeltaLake::ConfigurationError, /S3 .*secret_key.*did you mean secret_access_key\?/),
                       name.to_s
      expect(&call).to raise_error(DeltaLake::Error) { |e| expect(e.full_message).to exclude_text("s3cr3t") }
    end
  end

  it "are text, numbers, true and false, paths and Hashes" do
    storage = { timeout: 30, retries: 0, allow_http: true, anonymous: :true, # rubocop:disable Lint/BooleanSymbol
                container_authorization_token_file: Pathname("/none"),
                endpoint: URI("http://127.0.0.1:1") }
    expect { DeltaLake.open("s3://bucket/table", storage:) }.to raise_error(DeltaLake::StorageUnavailableError)
    key = { client_email: "a@b", private_key: "s3cr3t", private_key_id: "1" }
    expect { DeltaLake.open("gs://bucket/table", storage: { service_account: key, retries: 0 }) }
      .to raise_error(DeltaLake::Error) { |e| expect(e.full_message).to exclude_text("s3cr3t") }
  end

  it "of other kinds are refused without being shown" do
    takers({ secret_access_key: ["s3cr3t"] }).each_value do |call|
      expect(&call).to raise_error(TypeError) { |e|
                         expect(e.message).to include(":secret_access_key").and(exclude_text("s3cr3t"))
                       }
    end
    takers({ token: nil }).each_value { |call| expect(&call).to raise_error(ArgumentError, /no value for :token/) }
    takers({ 1 => "a" }).each_value { |call| expect(&call).to raise_error(TypeError, /keys, got Integer/) }
    takers(nil).each_value { |call| expect(&call).to raise_error(TypeError, /storage must be a Hash/) }
  end

  it "that cannot be read are named" do
    takers({ timeout: "soon" }).each_value do |call|
      expect(&call).to raise_error(DeltaLake::ConfigurationError, /timeout.*30s.*"soon"/)
    end
  end

  it "have no meaning on the local file system" do
    expect { DeltaLake.open(table_path, storage: { secret_key: "s3cr3t" }) }
      .to raise_error(DeltaLake::ConfigurationError, /secret_key/) { |e| expect(e.message).to exclude_text("s3cr3t") }
  end

  it "belong to stores that are known" do
    expect { DeltaLake.open("gopher://example/table") }.to raise_error(DeltaLake::ConfigurationError, /gopher/)
  end

  it "are no part of an address, which is not repeated" do
    ["s3://key:s3cr3t@bucket/t", "s3://key:s3/cr3t@bucket/t", "az://c/t?sig=s3cr3t",
     "https://a.blob.core.windows.net/c/t?sv=1&sig=s3cr3t"].each do |uri|
      takers({}, uri:).each_value do |call|
        expect(&call).to raise_error(DeltaLake::ConfigurationError) { |e|
                           expect(e.full_message).to exclude_text("cr3t")
                         }
      end
    end
  end

  describe "by default" do
    it "hold for tables in stores of that kind" do
      defaults = { s3: s3.merge(secret_access_key: "s3cr3t"), azure: { account_name: "a" } }
      DeltaLake.configure { |c| c.storage = defaults }
      expect { DeltaLake.open("s3://bucket/table") }
        .to raise_error(DeltaLake::StorageUnavailableError, /127\.0\.0\.1:1/) { |e|
              expect(e.full_message).to exclude_text("s3cr3t")
            }
      expect(DeltaLake.table?(table_path)).to be(false)
    end

    it "are checked and not shown" do
      configuration = DeltaLake.configuration
      expect { configuration.storage = { s3: { regoin: "x" } } }
        .to raise_error(DeltaLake::ConfigurationError, /did you mean region/)
      expect { configuration.storage = { hdfs: {} } }.to raise_error(ArgumentError, /:s3, :azure, :google, not :hdfs/)
      expect { configuration.storage = nil }.to raise_error(TypeError)
      configuration.storage = { s3: { secret_access_key: "s3cr3t" } }
      expect(configuration.inspect).to exclude_text("s3cr3t")
    end
  end

  describe "DeltaLake.storage_keys" do
    it "lists all with their meanings" do
      keys = DeltaLake.storage_keys
      expect(keys.map(&:name)).to include(:access_key_id, :account_key, :service_account, :timeout)
      expect(keys).to all(have_attributes(meaning: /\w{3}/, stores: be_any))
      expect(DeltaLake.storage_keys(:google).map(&:name)).to include(:service_account).and(exclude(:account_key))
      expect(keys.first.inspect).to match(/access_key_id \(s3; secret\): the access key/)
      expect { DeltaLake.storage_keys(:ftp) }.to raise_error(ArgumentError)
    end

    RSpec::Matchers.define_negated_matcher :exclude, :include
  end
end
