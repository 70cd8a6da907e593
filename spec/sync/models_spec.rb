# frozen_string_literal: true

require "json"

# Rows in the tables of ActiveRecord models, in processes of their own: ActiveSupport changes classes of Ruby's.
RSpec.describe "Syncs into models", :native do
  include ModelDatabase

  setup = <<~'RUBY'
    require "deltalake/sync"
    require "active_record"
    require "json"
    ActiveRecord::Schema.verbose = false
    ActiveRecord::Base.establish_connection(URL)
    DeltaLake::Sync.create_cursors(ActiveRecord::Base.connection)
    POSTGRES = URL.start_with?("postgres")
    FEED = { "delta.enableChangeDataFeed" => "true" }.freeze
    def show(value) = puts(JSON.generate(value))
    def table(name, schema, rows = [], **options)
      DeltaLake.create("#{DIR}/#{name}", schema: schema, **options).tap { |made| made.append(rows) unless rows.empty? }
    end
    def model(name, **options, &columns)
      ActiveRecord::Base.connection.create_table(name, **options, &columns)
      Class.new(ActiveRecord::Base) { self.table_name = name }
    end
    def sync(table, model, name: model.table_name, **options, &block)
      DeltaLake::Sync.new(table, to: model, name: name, progress: false, **options, &block).run
    end
    def refused
      yield
      show(nil)
    rescue DeltaLake::Error, ArgumentError => e
      show(e.message)
    end
  RUBY

  define_method(:run) do |kind, script|
    shown_by("DIR = #{tmpdir.inspect}\nURL = #{model_database(kind).inspect}\n#{setup}#{script}")
  end

  %i[sqlite postgres].each do |kind|
    it "are not lost where keys and unique values go to others in a large version, in #{kind}" do
      shown = run(kind, <<~'RUBY')
        ActiveRecord::Base.connection.enable_extension("citext") if POSTGRES
        words = model("words", id: false) do |t|
          POSTGRES ? t.column(:word, :citext) : t.string(:word, collation: "NOCASE")
          t.integer :v
          t.index :word, unique: true
        end
        users = model("users") { |t| t.string :email, index: { unique: true } }
        [FEED, {}].each do |properties|
          made = table("words#{properties.size}", { word: :string, v: :integer }, properties: properties)
          made.append((1..30).map { |n| { word: "e#{n}", v: 1 } })
          follow = -> { sync(made, words, name: made.uri, key: :word, batch: 2).mode }
          follow.call
          made.overwrite((1..30).map { |n| { word: "E#{n}", v: 2 } })
          show([follow.call, words.group(:v).count, words.where("v = 2").pluck(:word).sort == made.pluck(:word).sort])

          made = table("users#{properties.size}", { id: :long, email: :string }, properties: properties)
          made.append((1..30).map { |n| { id: n, email: "e#{n}" } })
          follow = lambda do |&block|
            sync(made, users, name: made.uri, batch: 2, &block).mode
          end
          follow.call
          made.append([{ id: 500, email: "e500" }, { id: 501, email: "e501" }])
          made.overwrite((1..30).map { |n| { id: n + 100, email: "e#{n}" } })
          show([follow.call, users.pluck(:id, :email).sort == made.pluck(:id, :email).sort])
          users.delete_all
        end
      RUBY
      expect(shown).to eq([["changes", { "2" => 30 }, true], ["changes", true],
                           ["difference", { "2" => 30 }, true], ["difference", true]])
    end

    it "have times, dates and booleans for keys, in #{kind}" do
      shown = run(kind, <<~'RUBY')
        times = Array.new(7) { |n| Time.utc(2026, 1, 2, 3, 4, 5, 678_901) + n }
        keys = { at: [:timestamp, :datetime, { precision: 6 }, times],
                 whole: [:timestamp, :datetime, { precision: 6 }, times.map(&:round)],
                 cut: [:timestamp, :datetime, { precision: 3 }, times],
                 day: [:date, :date, {}, Array.new(7) { |n| Date.new(2026, 1, 2) + n }],
                 flag: [:boolean, :boolean, {}, [true, false]] }
        keys.each do |key, (type, column, options, values)|
          kept = model("by_#{key}", id: false) do |t|
            t.column key, column, null: false, **options
            t.string :v
            t.index [key], unique: true
          end
          made = table(key, { key => type, v: :string })
          put = lambda do |some, v, **more|
            made.overwrite(some.map { |value| { key => value, v: v } })
            done = sync(made, kept, key: key, **more)
            [done.upserted, done.deleted, kept.pluck(:v).tally]
          end
          show([values.size, [put.call(values, "a"), put.call(values.drop(1), "b"), put.call(values.take(1), "c")],
                [1, 2, 9].map { |batch| put.call(values, "d", mode: :full, batch: batch) }])
        end
      RUBY
      expect(shown.size).to eq(5)
      shown.each do |n, steps, full|
        expect(steps).to eq([[n, 0, { "a" => n }], [n - 1, 1, { "b" => n - 1 }], [1, n - 1, { "c" => 1 }]])
        expect(full).to eq([[n, 0, { "d" => n }]] * 3)
      end
    end

    it "give each other unique values, and keep all else, in #{kind}" do
      shown = run(kind, <<~'RUBY')
        users = model("users") do |t|
          t.string :email, index: { unique: true }
          t.string :slug
          t.string :note
        end
        users.connection.add_index(:users, "lower(slug)", unique: true)
        users.connection.create_table(:posts) { |t| t.references :user, foreign_key: { on_delete: :cascade } }
        made = table("users", { id: :long, email: :string, slug: :string })
        put = lambda do |emails, **options, &block|
          made.overwrite(emails.map.with_index(1) { |email, id| { id: id, email: email, slug: email&.upcase } })
          sync(made, users, **options, &block)
          show(users.order(:id).pluck(:email))
        end
        put.call(%w[a b c])
        users.update_all(note: "kept")
        users.connection.execute("INSERT INTO posts (user_id) VALUES (1), (3)")
        put.call(%w[b c a])
        put.call(%w[c a b], &:itself)
        show([users.distinct.pluck(:note), users.connection.select_value("SELECT count(*) FROM posts")])
        refused { put.call(%w[a b c], batch: 1, &:itself) }
        put.call(%w[a b c], batch: 3, &:itself)
        refused { put.call(%w[a b b], &:itself) }
        show(users.order(:id).pluck(:email))
      RUBY
      expect(shown).to match([%w[a b c], %w[b c a], %w[c a b], [["kept"], 2], /unique index forbids.*larger batch:/,
                              %w[a b c], /unique index forbids.*lower|unique index forbids.*email/, %w[a b c]])
    end

    it "change what is readonly to the application, by a block too, in #{kind}" do
      shown = run(kind, <<~'RUBY')
        codes = model("codes") { |t| t.string :name; t.string :code; t.timestamps }
        codes.attr_readonly :code
        made = table("codes", { id: :long, name: :string, code: :string }, [{ id: 1, name: "a", code: "c1" }])
        sync(made, codes, &:itself)
        before = codes.first
        made.overwrite([{ id: 1, name: "b", code: "c2" }])
        sync(made, codes, &:itself)
        show([codes.pluck(:id, :name, :code), codes.first.created_at == before.created_at,
              codes.first.updated_at > before.updated_at])
      RUBY
      expect(shown).to eq([[[[1, "b", "c2"]], true, true]])
    end

    it "are what serialized attributes give, and JSON text is what it says, in #{kind}" do
      shown = run(kind, <<~'RUBY')
        kept = model("kept") { |t| t.text :list; t.text :place; t.text :text; t.text :yaml }
        old = ActiveRecord.version < Gem::Version.new("7.1")
        %i[list place text].each { |name| old ? kept.serialize(name, JSON) : kept.serialize(name, coder: JSON) }
        old ? kept.serialize(:yaml, Array) : kept.serialize(:yaml, type: Array, coder: YAML)
        made = table("kept", { id: :long, list: [:string], place: { city: :string, day: :date }, text: :string,
                               yaml: [:string] })
        made.append([{ id: 1, list: ["x"], place: { city: "Bonn", day: Date.new(2026, 1, 2) }, text: '{"a":1}',
                       yaml: %w[y z] }, { id: 2, text: "no {JSON" }])
        sync(made, kept)
        kept.order(:id).each { |row| show(row.attributes) }
        show(kept.connection.select_value("SELECT list FROM kept WHERE id = 1"))
      RUBY
      expect(shown).to eq([{ "id" => 1, "list" => ["x"], "place" => { "city" => "Bonn", "day" => "2026-01-02" },
                             "text" => { "a" => 1 }, "yaml" => %w[y z] },
                           { "id" => 2, "list" => nil, "place" => nil, "text" => "no {JSON", "yaml" => [] },
                           '["x"]'])
    end

    it "are refused where an enum has no such label, in #{kind}" do
      shown = run(kind, <<~'RUBY')
        tickets = model("tickets") { |t| t.integer :state }
        states = { open: 0, closed: 1 }
        ActiveRecord.version < Gem::Version.new("7.0") ? tickets.enum(state: states) : tickets.enum(:state, states)
        made = table("tickets", { id: :long, state: :string })
        made.append([{ id: 1, state: "closed" }, { id: 2, state: nil }, { id: 3, state: "0" }])
        sync(made, tickets)
        show(tickets.order(:id).pluck(:state))
        made.append([{ id: 4, state: "bogus" }])
        refused { sync(made, tickets) }
        show(tickets.count)
      RUBY
      expect(shown).to match([["closed", nil, "open"], /"bogus" in state, which is no label .* open, closed/, 3])
    end
  end

  it "are refused for a class that shares its table, and not for its base" do
    message, *rows = run(:sqlite, <<~'RUBY')
      model("people") { |t| t.string :type; t.string :name }
      class Person < ActiveRecord::Base; self.table_name = "people"; end
      class Admin < Person; end
      made = table("people", { id: :long, name: :string }, [{ id: 1, name: "a" }, { id: 2, name: "b" }])
      refused { sync(made, Admin) }
      sync(made, Person)
      made.overwrite([{ id: 2, name: "c" }])
      sync(made, Person)
      show(Person.pluck(:id, :name))
      # It has a table of its own, so nothing is hidden.
      class Robot < Person; self.table_name = "robots"; end
      model("robots") { |t| t.string :name }
      sync(made, Robot)
      made.overwrite([{ id: 3, name: "c" }])
      sync(made, Robot)
      show(Robot.pluck(:id, :name))
    RUBY
    expect(message).to match(/Admin shares the table people.*give it Person/)
    expect(rows).to eq([[[2, "c"]], [[3, "c"]]])
  end

  it "are not gone through for ever where SQLite has a time in another form" do
    shown = run(:sqlite, <<~'RUBY')
      times = model("times", id: false) { |t| t.datetime :at, index: { unique: true } }
      ["01T00:00:00Z", "02 00:00:00.5"].each do |text|
        times.connection.execute("INSERT INTO times VALUES ('2026-01-#{text}')")
      end
      refused { sync(table("times", { at: :timestamp }), times, key: :at, batch: 1) }
    RUBY
    expect(shown).to match([/times has a key that is not stored as ActiveRecord.*2026-01-01 00:00:00/])
  end
end
