# frozen_string_literal: true

require "json"
require_relative "support"

RSpec.describe "The job of deltalake:sync_job", :native, :rails do
  generated = <<~'RUBY'
    require "active_job"
    require "active_record"
    require "rails/generators"
    Shop.initialize!
    arguments = %w[shop/score scores --key user_id day --quiet]
    Rails::Generators.find_by_namespace("sync_job", :deltalake).start(arguments, destination_root: Rails.root.to_s)
    ActiveJob::Base.queue_adapter = :inline
    ActiveJob::Base.logger = Rails.logger
    class ApplicationJob < ActiveJob::Base; end
    load Rails.root.join("app/jobs/shop/score_sync_job.rb").to_s

    ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: Rails.root.join("shop.sqlite3").to_s)
    ActiveRecord::Migration.verbose = false
    class Shop::Score < ActiveRecord::Base
      self.table_name = "scores"
    end
    def show(value) = puts(JSON.generate(value))
  RUBY
  scores = <<~'RUBY'
    ActiveRecord::Base.connection.create_table(:scores) do |t|
      t.bigint :user_id, null: false
      t.date :day, null: false
      t.decimal :points, precision: 12, scale: 2
      t.timestamps
      t.index %i[user_id day], unique: true
    end
    def migrate
      load Dir[Rails.root.join("db/migrate/*_create_deltalake_cursors.rb").to_s].first
      CreateDeltalakeCursors.migrate(:up)
    end
    def rows = Shop::Score.order(:user_id).map { |score| [score.user_id, score.day.iso8601, score.points.to_i] }
  RUBY

  define_method(:shown) do |script, place = "<%= Rails.root.join('lake/scores') %>"|
    ended = rails("#{generated}#{scores}#{script}", yml: "test: { tables: { scores: #{place} } }")
    expect(ended).to have_succeeded
    ended.out.lines.map { |line| JSON.parse(line) }
  end

  it "brings a table into the model, and what has changed after that" do
    first, queued, created, cursors = shown(<<~RUBY)
      migrate
      table = DeltaLake.create(:scores, schema: { user_id: "long not null", day: "date not null", points: "decimal(12,2)" })
      table.append([1, 2, 3].map { |id| { user_id: id, day: "2026-01-0\#{id}", points: id * 10 } })
      Shop::ScoreSyncJob.perform_now
      show(rows)
      before = Shop::Score.find_by(user_id: 2)

      sleep(0.01)
      table.overwrite([{ user_id: 2, day: "2026-01-02", points: 21 }], where: "user_id IN (2, 3)")
      table.append([{ user_id: 4, day: "2026-01-04", points: 40 }])
      2.times { Shop::ScoreSyncJob.perform_later }
      show(rows)
      after = Shop::Score.find_by(user_id: 2)
      show([after.id == before.id, after.created_at == before.created_at, after.updated_at > before.updated_at])
      names = ActiveRecord::Base.connection.select_rows("SELECT name, cursor FROM deltalake_cursors")
      show(names.map { |name, cursor| [name, JSON.parse(cursor)["version"]] })
    RUBY
    expect(first).to eq([[1, "2026-01-01", 10], [2, "2026-01-02", 20], [3, "2026-01-03", 30]])
    expect(queued).to eq([[1, "2026-01-01", 10], [2, "2026-01-02", 21], [4, "2026-01-04", 40]])
    expect(created).to eq([true, true, true])
    expect(cursors).to eq([["shop/score", 3]])
  end

  it "says that the migration was not run" do
    expect(shown(<<~RUBY)).to match([/no table deltalake_cursors.*create_cursors\(self\) in a migration/])
      DeltaLake.create(:scores, schema: { user_id: :long, day: :date })
      begin
        Shop::ScoreSyncJob.perform_now
      rescue DeltaLake::ConfigurationError => e
        show(e.message)
      end
    RUBY
  end

  it "is queued again where the store is away" do
    store = '{ region: none, endpoint: "http://127.0.0.1:1", access_key_id: a, secret_access_key: b, retry_timeout: 1 }'
    queued = shown(<<~RUBY, "{ uri: s3://bucket/scores, storage: #{store} }")
      migrate
      ActiveJob::Base.queue_adapter = :test
      Shop::ScoreSyncJob.perform_now
      show(ActiveJob::Base.queue_adapter.enqueued_jobs.map { |job| [job[:job].name, job[:at].class.name] })
    RUBY
    expect(queued).to eq([[["Shop::ScoreSyncJob", "Float"]]])
  end
end
