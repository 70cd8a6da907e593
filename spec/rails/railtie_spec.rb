# frozen_string_literal: true

require "json"
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
    { "test: { thread: 2 }" => /know nothing of thread; there are logger, instrumenter, executor, threads/,
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

  it "writes one line of the log for each sync, export, flush and checkpoint, and for rows that go elsewhere" do
    ended = rails(<<~RUBY)
      require "active_record"
      require "deltalake/buffer"
      require "deltalake/export"
      require "deltalake/sync"
      Shop.initialize!
      ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ":memory:")
      ActiveRecord::Schema.verbose = false
      ActiveRecord::Schema.define { create_table(:items) { |t| t.datetime :updated_at } }
      class Item < ActiveRecord::Base; end
      Item.insert_all([{ id: 1, updated_at: Time.utc(2026) }])
      items = DeltaLake.create("#{table_path("items")}", schema: DeltaLake::Schema.from_model(Item))
      DeltaLake::Export.new(Item, to: items, name: "items").run
      table = DeltaLake.create("#{table_path}", schema: { id: "long not null" },
                               properties: { "delta.checkpointInterval" => 1 })
      buffer = DeltaLake::Buffer.new(table, age: 600, dead_letter: ->(*) {}, hand_over: ->(*) {})
      buffer.concat([{ id: 1 }, { id: nil }])
      buffer.flush
      DeltaLake::Native.upkeep_wait(20.0)
      DeltaLake::Sync.new(table, to: ->(*) {}, name: "shop").run
      table.define_singleton_method(:append) { |*, **| raise DeltaLake::StorageUnavailableError, "away" }
      buffer.push(id: 2)
      buffer.close(deadline: 0.01)
    RUBY
    expect(ended).to have_succeeded
    lines = File.readlines(File.join(tmpdir, "log")).grep(/DeltaLake (export|flush|upkeep|sync|dead_letter|hand_over) /)
    expect(lines.map { |line| line.sub(/\([\d.]+ms\)/, "()").sub(/^.*?DeltaLake/, "").strip }).to match(
      [start_with("export #{table_path('items')} () name=items version=1 rows=1 commits=1"),
       match(/\Aflush \S+ \(\) version=1 rows=1 files=1 .* why=flush try=1 refused=1\z/),
       match(/\Adead_letter \S+ \(\) rows=1 reason=row 1, column "id": nil/),
       match(/\Aupkeep \S+ \(\) version=1 files=1 bytes=\d+ expired=0\z/),
       match(/\Async \S+ \(\) name=shop mode=full to_version=1 rows_read=1 files_read=1 upserted=1 deleted=0\z/),
       match(/\Aflush \S+ \(\) rows=1 why=close try=1 refused=0 DeltaLake::StorageUnavailableError: away\z/),
       match(/\Ahand_over \S+ \(\) rows=1\z/)]
    )
  end

  it "gives back the database connections that a buffer's callables take" do
    FileUtils.mkdir_p(File.join(tmpdir, "config"))
    database = { adapter: "sqlite3", database: File.join(tmpdir, "shop.sqlite3"), pool: 1, checkout_timeout: 2 }
    File.write(File.join(tmpdir, "config", "database.yml"), JSON.generate(test: database))
    ended = rails(<<~RUBY, config: 'require "active_record/railtie"')
      require "deltalake/buffer"
      Shop.initialize!
      ActiveRecord::Schema.verbose = false
      ActiveRecord::Schema.define { create_table(:rejected) { |t| t.string :reason } }
      class Rejected < ActiveRecord::Base; self.table_name = "rejected"; end
      Rejected.connection_handler.clear_active_connections!
      table = DeltaLake.create("#{table_path}", schema: { id: "long not null" })
      buffer = DeltaLake::Buffer.new(table, age: 600, on_error: ->(error) { Rejected.create!(reason: error.message) },
                                            dead_letter: ->(_, error) { Rejected.create!(reason: error.message) })
      buffer.push(id: nil)
      buffer.flush(deadline: 20)
      p Rejected.count
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("1\n")
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
