# frozen_string_literal: true

require_relative "support"

RSpec.describe "deltalake/rails", :native, :rails do
  it "reads config/deltalake.yml by environment, with ERB, and config.deltalake, which wins" do
    yml = <<~YML
      default: &default
        threads: <%= 1 + 2 %>
        checkpoints: manual
      test:
        <<: *default
        storage:
          s3: { region: eu-central-1, timeout: 60 }
        tables:
          orders: <%= Rails.root.join("data/orders") %>
          events: { uri: "s3://bucket/events", storage: { region: us-east-1 } }
      production:
        threads: 9
    YML
    ended = rails(<<~RUBY, yml: yml, config: "config.deltalake.storage = { s3: { timeout: 5 } }")
      Shop.initialize!
      c = DeltaLake.configuration
      puts [c.threads, c.checkpoints, c.storage[:s3], c.logger == Rails.logger, c.instrumenter.name].to_json
      puts c.tables.transform_values(&:storage).to_json
      table = DeltaLake.create(:orders, schema: { id: :long })
      p table.uri == "#{tmpdir}/data/orders", DeltaLake.table?(:orders), DeltaLake.table("orders").version
      begin
        DeltaLake.table(:none)
      rescue DeltaLake::ConfigurationError => e
        puts e.message
      end
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out.lines.map(&:chomp).first(5)).to eq(
      ['[3,"manual",{"region":"eu-central-1","timeout":5},true,"ActiveSupport::Notifications"]',
       '{"orders":{},"events":{"region":"us-east-1"}}', "true", "true", "0"]
    )
    expect(ended.out).to include("no table named :none in the configuration; known: :orders, :events")
  end

  it "takes secrets from Rails' credentials and shows none" do
    yml = <<~YML
      test:
        credentials: deltalake
        storage: { s3: { region: eu-central-1 } }
        tables:
          events: { uri: "s3://bucket/events", credentials: other.place }
    YML
    ended = rails(<<~'RUBY', yml: yml)
      secrets = { deltalake: { s3: { access_key_id: "ID", secret_access_key: "SECRET" } },
                  other: { place: { access_key_id: "ID2", secret_access_key: "SECRET2" } } }
      credentials = Struct.new(:config).new(secrets)
      Shop.instance.define_singleton_method(:credentials) { credentials }
      Shop.initialize!
      p DeltaLake.configuration.storage[:s3].keys, DeltaLake.configuration.tables[:events].storage.keys
      puts DeltaLake.configuration.inspect, DeltaLake.configuration.tables.inspect
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out.lines.first(2)).to eq(["[:region, :access_key_id, :secret_access_key]\n",
                                            "[\"access_key_id\", \"secret_access_key\"]\n"])
    expect(ended.out).not_to include("SECRET")
  end

  it "says what it does not know" do
    { "test: { thread: 2 }" => /know nothing of thread; there are logger, instrumenter, threads/,
      "test: { credentials: nowhere }" => /no options of stores under nowhere/,
      "test: { tables: { orders: { storage: {} } } }" => /the table orders has no uri/ }.each do |yml, message|
      expect(rails("Shop.initialize!", yml: yml).err).to match(message)
    end
  end

  it "does without a file, and without an application" do
    expect(rails("Shop.initialize!; p DeltaLake.configuration.tables").out).to eq("{}\n")
    ended = ruby('require "deltalake/rails"; p defined?(Rails), DeltaLake.configuration.instrumenter')
    expect(ended.out).to eq("nil\nActiveSupport::Notifications\n")
  end

  it "writes one line of the log for each call" do
    ended = rails(<<~RUBY)
      Shop.initialize!
      table = DeltaLake.create("#{table_path}", schema: { id: :long })
      table.append([{ id: 1 }, { id: 2 }])
      table.to_a
      table.each { break }
      table.append([{ id: "x" }]) rescue nil
    RUBY
    expect(ended).to have_succeeded
    lines = File.readlines(File.join(tmpdir, "log")).grep(/deltalake/i)
    expect(lines.map { |line| line[/DeltaLake (\w+)/, 1] }).to eq(%w[create append scan scan append])
    expect(lines[1]).to include("append #{table_path} (")
      .and match(/ms\) version=1 rows=2 files=1 bytes=\d+ attempts=1 requests=\d+/)
    expect(lines[2]).to match(/version=1 rows=2 files=1 requests=\d+ retries=0$/)
    expect(lines[3]).to match(/given up$/)
    expect(lines[4]).to match(/DeltaLake::SchemaMismatchError: row 0/)
  end

  it "has generators: configuration, and a job that syncs" do
    ended = rails(<<~RUBY)
      require "active_record"
      require "rails/generators"
      Shop.initialize!
      generate = lambda do |name, *arguments|
        Rails::Generators.find_by_namespace(name, :deltalake).start(arguments, destination_root: "#{tmpdir}/new")
      end
      generate.call("install")
      generate.call("sync_job", "shop/score", "scores", "--key", "user_id", "day")
      generate.call("sync_job", "user")
    RUBY
    expect(ended).to have_succeeded
    files = Dir.glob("**/*.*", base: File.join(tmpdir, "new"))
    jobs = %w[app/jobs/shop/score_sync_job.rb app/jobs/user_sync_job.rb]
    migration = a_string_matching(%r{\Adb/migrate/\d{14}_create_deltalake_cursors\.rb\z})
    expect(files).to contain_exactly("config/deltalake.yml", *jobs, migration)
    read = ->(name) { File.read(File.join(tmpdir, "new", name)) }
    told = "DeltaLake.table(:scores), to: Shop::Score, key: [:user_id, :day]"
    expect(read[jobs.first]).to include("class Shop::ScoreSyncJob < ApplicationJob", told)
    expect(read[jobs.last]).to include('DeltaLake.table(:users), to: User, key: [:id], name: "user"')
    FileUtils.cp(File.join(tmpdir, "new/config/deltalake.yml"), File.join(tmpdir, "config/deltalake.yml"))
    ended = rails("Shop.initialize!; p DeltaLake.configuration.tables[:events].uri", environment: "development")
    expect(ended).to have_succeeded
    expect(ended.out).to include("#{tmpdir}/storage/deltalake/events")
  end
end
