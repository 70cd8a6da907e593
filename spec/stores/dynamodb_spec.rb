# frozen_string_literal: true

require "json"
require "open3"

RSpec.describe "Commits by way of DynamoDB", :native do
  on_stores(:dynamodb) do
    let(:name) { "00000000000000000001.json" }
    let(:without) { storage.reject { |key, _| key.match?(/log_store|dynamodb/) } }

    def create
      DeltaLake.create(uri, schema: { id: :long }, storage: storage).tap { |table| table.append([{ id: 1 }]) }
    end

    def open_table(options = storage)
      DeltaLake.open(uri, storage: options)
    end

    # A writer of its own, in Python. Gives what it has told, and whether it lived to the end.
    def spark(commits, step = nil, scheme: "s3")
      command = [File.join(Servers::FOLDER, "venv/bin/python"), File.join(__dir__, "spark_writer.py"), server.endpoint,
                 uri.sub("s3://", "#{scheme}://"), commits, step].compact
      out, err, status = Open3.capture3(*command.map(&:to_s))
      raise err unless status.success? || status.termsig == 9

      [out.lines.map { |line| JSON.parse(line) }, status.termsig.nil?]
    end

    def keys
      server.keys(uri.delete_prefix("s3://#{Servers::BUCKET}/"))
    end

    it "have a completed entry, as Spark's have" do
      create
      entry = server.entries(uri).fetch(name)
      expect(entry).to include("complete" => "true", "tablePath" => uri)
      expect(Integer(entry["expireTime"])).to be_within(60).of(Time.now.to_i + 86_400)
      expect(keys).to include(end_with("_delta_log/#{entry['tempPath']}"), end_with("_delta_log/#{name}"))
    end

    it "take turns with a writer that follows Spark's steps" do
      table = create
      theirs = Thread.new { spark(20) }
      ours = Array.new(20) { |i| table.append([{ id: 1 }], once: "ours-#{i}").version }
      told, lived = theirs.value
      expect(lived).to be(true)
      expect((ours + told.map { |commit| commit["version"] }).sort).to eq([*2..41])
      expect(open_table.count).to eq(41)
      expect(server.entries(uri).size).to eq(42)
      expect(server.entries(uri).values.map { |entry| entry["complete"] }.uniq).to eq(["true"])
    end

    { "temporary" => 1, "entry" => 2, "file" => 2 }.each do |step, rows|
      it "go on after one that died with its #{step} written" do
        table = create
        expect(spark(1, step).last).to be(false)
        expect(open_table.count).to eq(rows)
        spark(1, step)
        commit = table.append([{ id: 3 }])
        expect([commit.version, open_table.count]).to eq([rows == 1 ? 2 : 4, rows == 1 ? 2 : 4])
        expect(spark(1).first.first["version"]).to eq(commit.version + 1)
        expect(server.entries(uri).values.map { |entry| entry["complete"] }.uniq).to eq(["true"])
      end
    end

    it "finish their own that was left half-way" do
      create
      bare = "_delta_log/00000000000000000002.json"
      table = open_table
      table.append([{ id: 2 }])
      root = uri.delete_prefix("s3://#{Servers::BUCKET}/")
      entry = server.entries(uri).fetch(File.basename(bare))
      server.delete("#{root}/#{bare}")
      item = entry.except("expireTime").merge("complete" => "false").transform_values { |value| { "S" => value } }
      server.dynamodb("PutItem", TableName: Servers::DynamoDB::TABLE, Item: item)
      expect(spark(1).first.first["version"]).to eq(3)
      expect(open_table.count).to eq(3)
    end

    it "use the address that Spark has" do
      create
      root = uri.delete_prefix("s3://#{Servers::BUCKET}/")
      items = server.entries(uri).values.map { |entry| entry.merge("tablePath" => uri.sub("s3:", "s3a:")) }
      server.entries(uri).each_key do |file|
        server.dynamodb("DeleteItem", TableName: Servers::DynamoDB::TABLE,
                                      Key: { tablePath: { "S" => uri }, fileName: { "S" => file } })
      end
      items.each do |item|
        typed = item.to_h { |key, value| [key, { key == "expireTime" ? "N" : "S" => value }] }
        server.dynamodb("PutItem", TableName: Servers::DynamoDB::TABLE, Item: typed)
      end
      open_table.append([{ id: 2 }])
      spark(1, "entry", scheme: "s3a")
      expect(open_table.count).to eq(3)
      expect(server.entries(uri)).to be_empty
      expect(server.entries(uri.sub("s3:", "s3a:")).keys).to include("00000000000000000003.json")
      expect(server.keys("#{root}/_delta_log/0")).to include(end_with("/00000000000000000003.json"))
    end

    it "are refused without the option, and reads are not" do
      create
      table = open_table(without)
      expect(table.count).to eq(1)
      before = keys
      expect { table.append([{ id: 2 }]) }
        .to raise_error(DeltaLake::ConfigurationError, /#{uri} holds objects in _delta_log.*log_store: :dynamodb/m)
      expect(keys - before).to all(end_with("/.conditional-put"))
      expect(open_table(without.merge("log_store" => "conditional_put")).append([{ id: 2 }]).version).to eq(2)
    end

    it "take the names that Spark and delta-rs use" do
      spark = "spark.io.delta.storage.S3DynamoDBLogStore.ddb"
      options = without.merge("AWS_S3_LOCKING_PROVIDER" => "dynamodb", "#{spark}.tableName" => "other_log",
                              "#{spark}.region" => "us-east-1", "AWS_ENDPOINT_URL_DYNAMODB" => server.endpoint)
      DeltaLake.create(uri, schema: { id: :long }, storage: options)
      expect(server.dynamodb("Scan", TableName: "other_log")["Items"].size).to eq(1)
      keys = server.dynamodb("DescribeTable", TableName: "other_log").dig("Table", "KeySchema")
      keys = keys.map { |key| key.values_at("AttributeName", "KeyType") }
      expect(keys).to eq([%w[tablePath HASH], %w[fileName RANGE]])
    end

    it "are for S3 alone" do
      azure = { log_store: :dynamodb, account_name: "a", account_key: "a2V5" }
      expect { DeltaLake.open("az://container/t", storage: azure) }
        .to raise_error(DeltaLake::ConfigurationError, /for tables in S3/)
      expect { DeltaLake.open("s3://b/t", storage: { log_store: :zookeeper }) }
        .to raise_error(DeltaLake::ConfigurationError, /log_store is :dynamodb or :conditional_put/)
      expect { DeltaLake.open("s3://b/t", storage: { dynamodb_table: "x" }) }
        .to raise_error(DeltaLake::ConfigurationError, /only with log_store: :dynamodb/)
    end
  end
end
