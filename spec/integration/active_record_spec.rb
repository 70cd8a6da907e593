# frozen_string_literal: true

require "json"
require "open3"

# With a real database, in a process of its own: ActiveSupport changes classes of Ruby's.
RSpec.describe "ActiveRecord", :native do
  before(:context) do
    _, status = Open3.capture2e(RbConfig.ruby, "-e", 'require "active_record"; require "sqlite3"')
    skip "activerecord and sqlite3 are not installed" unless status.success?
  end

  models = <<~'RUBY'
    require "deltalake/active_record"
    ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ":memory:")
    ActiveRecord::Schema.verbose = false
    ActiveRecord::Schema.define do
      create_table(:users) do |t|
        t.string :name, null: false
        t.integer :age, limit: 2
        t.decimal :balance, precision: 12, scale: 2
        t.decimal :anything
        t.float :score
        t.boolean :active
        t.date :born
        t.datetime :seen_at, precision: 6
        t.binary :raw
        t.json :settings
        t.time :wakes_at
        t.integer :role, default: 0
        t.references :team
      end
      create_table(:teams) { |t| t.string :name }
      create_table(:tags, id: false) { |t| t.string :name }
    end
    class Team < ActiveRecord::Base; end
    class Tag < ActiveRecord::Base; end
    class User < ActiveRecord::Base
      belongs_to :team, optional: true
      roles = { guest: 0, admin: 1 }
      ActiveRecord::VERSION::MAJOR >= 7 ? enum(:role, roles) : enum(role: roles)
      after_initialize { $instantiated = $instantiated.to_i + 1 }
    end
    def users(count)
      now = Time.utc(2026, 1, 2, 3, 4, 5, 678_901)
      User.insert_all(Array.new(count) { |i|
        { id: i + 1, name: "user #{i}", age: i % 100, balance: BigDecimal(i) / 4, score: i * 0.5, active: i.even?,
          born: Date.new(2000, 1, 1) + i, seen_at: now, raw: "\xFF".b, settings: { "a" => [1] }, wakes_at: now,
          role: i % 2, team_id: nil, anything: BigDecimal("1.5") } })
    end
    def show(value) = puts(JSON.generate(value))
  RUBY

  define_method(:run) { |script| shown_by("DIR = #{tmpdir.inspect}\n#{models}#{script}") }

  it "makes a schema of a model" do
    types, null = run(<<~RUBY)
      schema = DeltaLake::Schema.from_model(User)
      show(schema.fields.to_h { |f| [f.name, f.type.to_s] })
      show(schema.fields.reject(&:null?).map(&:name))
      begin
        DeltaLake::Schema.from_model(Object)
      rescue TypeError => e
        abort(e.message) unless e.message.include?("an ActiveRecord model is needed, got Object")
      end
    RUBY
    expect(types).to eq({ "id" => "long", "name" => "string", "age" => "short", "balance" => "decimal(12,2)",
                          "anything" => "decimal(38,18)", "score" => "double", "active" => "boolean", "born" => "date",
                          "seen_at" => "timestamp", "raw" => "binary", "settings" => "string", "wakes_at" => "string",
                          "role" => "string", "team_id" => "long" })
    expect(null).to eq(%w[id name])
  end

  it "has room for MySQL's unsigned integers" do
    types, largest = run(<<~'RUBY')
      Column = Struct.new(:name, :sql_type, :limit, :type, :null)
      sizes = { "tinyint" => 1, "smallint" => 2, "mediumint" => 3, "int" => 4, "bigint" => 8 }
      columns = sizes.flat_map do |sql, limit|
        [Column.new(sql, sql, limit, :integer, true), Column.new("#{sql}_u", "#{sql}(9) unsigned", limit, :integer, true)]
      end
      model = Struct.new(:columns, :column_names, :defined_enums).new(columns, columns.map(&:name), {})
      model.define_singleton_method(:type_for_attribute) { |name| columns.find { |column| column.name == name } }
      schema = DeltaLake::Schema.from_model(model)
      show(schema.fields.to_h { |f| [f.name, f.type.to_s] })
      table = DeltaLake.create("#{DIR}/t", schema: schema)
      row = columns.to_h { |c| [c.name.to_sym, (2**(8 * c.limit - (c.sql_type.include?("unsigned") ? 0 : 1))) - 1] }
      table.append([row])
      show(table.to_a == [row])
    RUBY
    expect(types).to eq({ "tinyint" => "byte", "tinyint_u" => "short", "smallint" => "short", "smallint_u" => "integer",
                          "mediumint" => "integer", "mediumint_u" => "integer", "int" => "integer", "int_u" => "long",
                          "bigint" => "long", "bigint_u" => "decimal(20,0)" })
    expect(largest).to be(true)
  end

  it "makes a schema of what a model declares, and says which column no type holds" do
    types, row, *errors = run(<<~'RUBY')
      ActiveRecord::Schema.define do
        create_table(:items) do |t|
          t.integer :code
          t.integer :flag
          t.decimal :cents, precision: 12, scale: 2
          t.string :price
          t.string :at
          t.text :options
          t.decimal :opaque, precision: 5, scale: 1
          t.decimal :fine, precision: 50, scale: 40
        end
      end
      class Item < ActiveRecord::Base
        attribute :code, :string
        attribute :flag, :boolean
        attribute :cents, :integer
        attribute :price, :decimal, precision: 9, scale: 3
        attribute :at, :datetime
        attribute :options, :json
        attribute :opaque, ActiveRecord::Type::Value.new
      end
      schema = DeltaLake::Schema.from_model(Item, except: [:fine])
      show(schema.fields.to_h { |f| [f.name, f.type.to_s] })
      Item.create!(code: "7", flag: true, cents: 2, price: "1.125", at: Time.utc(2026), options: ["x"])
      table = DeltaLake.create("#{DIR}/t", schema: schema)
      table.append(Item)
      show(table.first.transform_values(&:to_s))
      begin
        DeltaLake::Schema.from_model(Item)
      rescue ArgumentError => e
        show(e.message)
      end
    RUBY
    expect(types).to eq({ "id" => "long", "code" => "string", "flag" => "boolean", "cents" => "long",
                          "price" => "decimal(9,3)", "at" => "timestamp", "options" => "string",
                          "opaque" => "decimal(5,1)" })
    expect(row).to eq({ "id" => "1", "code" => "7", "flag" => "true", "cents" => "2", "price" => "1.125",
                        "at" => "2026-01-01 00:00:00 UTC", "options" => '["x"]', "opaque" => "" })
    expect(errors).to match([/\AItem, column fine: decimal\(50,40\) has no type: there are 0 to 38 .*; leave it out/])
  end

  it "makes a schema of some columns of a model" do
    only, except, *errors = run(<<~RUBY)
      show(DeltaLake::Schema.from_model(User, only: [:score, "id"]).names)
      show(DeltaLake::Schema.from_model(User, except: User.column_names - ["name"]).names)
      [{ only: [:nothing] }, { except: [:id, :nowhere] }, { only: [:id], except: [:id] }].each do |options|
        DeltaLake::Schema.from_model(User, **options)
      rescue ArgumentError => e
        show(e.message)
      end
    RUBY
    expect([only, except]).to eq([%w[id score], %w[name]])
    expect(errors).to match([/only: User has no column nothing; it has id, name/, /except: User has no column nowhere/,
                             /no column of User is left/])
  end

  it "takes relations in batches, with no model made" do
    first, *rest = run(<<~'RUBY')
      users(25_000)
      table = DeltaLake.create("#{DIR}/t", schema: DeltaLake::Schema.from_model(User))
      queries = []
      ActiveSupport::Notifications.subscribe("sql.active_record") { |*, payload| queries << payload[:sql] }
      commit = table.append(User)
      show(table.where(id: 3).first.except(:raw).transform_values(&:to_s).merge(models: $instantiated.to_i))
      show([commit.rows, table.count, queries.size, queries.none? { |sql| sql.include?("OFFSET") }])
      show([table.append(User.where(active: true)).rows, table.append(User.order(id: :desc).limit(5)).rows,
            table.append(User.none).skipped?])
      show(table.at(version: 3).where(id: 24_996..).count)
    RUBY
    expect(first).to include("name" => "user 2", "age" => "2", "balance" => "0.5", "active" => "true",
                             "born" => "2000-01-03", "seen_at" => "2026-01-02 03:04:05 UTC", "role" => "guest",
                             "settings" => '{"a":[1]}', "wakes_at" => "03:04:05.678901", "models" => 0)
    expect(rest).to eq([[25_000, 25_000, 3, true], [12_500, 5, true], 12])
  end

  # Records with others of their own, in pages of three.
  orders = <<~'RUBY'
    DeltaLake::Append::Relation.send(:remove_const, :BATCH)
    DeltaLake::Append::Relation::BATCH = 3
    ActiveRecord::Schema.define { create_table(:orders) { |t| t.references :user; t.string :name } }
    class Order < ActiveRecord::Base; end
    class User
      has_many :orders
      has_one :order
    end
  RUBY

  it "takes all rows of a key, wherever a page ends" do
    queries, *shown = run(orders + <<~'RUBY')
      users(6)
      # Of user 2 more rows than a page has, of 3 some in the next; 5 has none, and one is nobody's.
      Order.insert_all([1, 2, 2, 2, 2, 2, 3, 3, 4, nil, 6].map { |id| { user_id: id, name: "o" } })
      User.connection.execute("CREATE VIEW pairs AS SELECT users.* FROM users JOIN orders ON user_id = users.id")
      class Pair < ActiveRecord::Base; self.primary_key = "id"; end
      sql = ->(kind) { "#{kind} JOIN orders o ON o.user_id = users.id" }
      inner = User.joins(:orders)
      relations = {
        inner: inner, left: User.left_joins(:orders), sql: User.joins(sql["INNER"]).order(name: :desc), view: Pair.all,
        from: User.from("(SELECT users.* FROM users #{sql["LEFT"]}) users"), named: User.from(inner, :u),
        unnamed: User.from(inner), nobody: User.from("orders o LEFT JOIN users ON o.user_id = users.id"),
        plain: User.all
      }
      asked = 0
      ActiveSupport::Notifications.subscribe("sql.active_record") { |*, payload| asked += 1 if payload[:name] != "SCHEMA" }
      appended = relations.to_h do |name, relation|
        ids = relation.unscope(:order).pluck(:id)
        asked = 0
        table = DeltaLake.create("#{DIR}/#{name}", schema: { id: :long, name: :string })
        table.append(relation)
        [name, [ids.size, table.pluck(:id).tally == ids.tally, table.where(name: nil).count, asked]]
      end
      show(appended.transform_values(&:last).slice(:inner, :plain))
      appended.each { |name, counts| show([name, *counts.first(3)]) }
    RUBY
    expect(shown).to eq([["inner", 10, true, 0], ["left", 11, true, 0], ["sql", 10, true, 0], ["view", 10, true, 0],
                         ["from", 11, true, 0], ["named", 10, true, 0], ["unnamed", 10, true, 0],
                         ["nobody", 11, true, 1], ["plain", 6, true, 0]])
    # Rows without a key, three pages, and for each where it ends; one page more, that is empty, where keys are unique.
    expect(queries).to eq({ "inner" => 7, "plain" => 3 })
  end

  it "has as text what loses nothing and says what it is" do
    values, json, addresses, refused = run(<<~'RUBY')
      require "ipaddr"
      Date::DATE_FORMATS[:default] = "%d/%m/%Y"
      Time::DATE_FORMATS[:default] = "%d/%m/%Y"
      class Address < ActiveRecord::Type::String
        def deserialize(text) = text && IPAddr.new(text)
      end
      class Word < ActiveRecord::Type::String
        Kept = Struct.new(:text)
        def deserialize(text) = text && Kept.new(text)
        def serialize(kept) = kept.is_a?(Kept) ? "<#{kept.text}>" : kept
      end
      class Known < ActiveRecord::Base
        self.table_name = "users"
        attribute :name, Address.new
      end
      class Kept < ActiveRecord::Base
        self.table_name = "users"
        attribute :name, Word.new
      end
      class Strange < ActiveRecord::Base
        self.table_name = "users"
        attribute :name, Class.new(ActiveRecord::Type::String) { def deserialize(_) = Object.new }.new
      end
      ActiveRecord::Schema.define do
        create_table(:texts) do |t|
          t.datetime :at, precision: 6
          t.time :tm, precision: 6
          t.date :day
          t.decimal :price
          t.boolean :ok
          t.json :js
        end
      end
      class Text < ActiveRecord::Base; end
      Text.create!(at: "2026-01-31 23:59:58.5", tm: "12:34:56.789", day: "1999-12-31", price: "1e20", ok: true, js: nil)
      ["str", "5", 5, false, [1], { a: nil }, "null"].each { |js| Text.create!(js: js) }
      string = ->(*names, model) do
        table = DeltaLake.create("#{DIR}/#{SecureRandom.hex(4)}", schema: { id: :long }.merge(names.to_h { |n| [n, :string] }))
        table.append(model)
        names.one? ? table.pluck(*names) : table.first.slice(*names)
      end
      show(string[:at, :tm, :day, :price, :ok, Text])
      show(string[:js, Text])
      users(2)
      User.find(1).update!(name: "10.1.0.0/16")
      User.find(2).update!(name: "10.1.2.3")
      show([string[:name, Known], string[:name, Kept]])
      begin
        string[:name, Strange]
      rescue DeltaLake::SchemaMismatchError => e
        show(e.message)
      end
    RUBY
    expect(values).to eq({ "at" => "2026-01-31T23:59:58.500000Z", "tm" => "12:34:56.789", "day" => "1999-12-31",
                           "price" => "100000000000000000000.0", "ok" => "true" })
    expect(json).to eq([nil, '"str"', '"5"', "5", "false", "[1]", '{"a":null}', '"null"'])
    expect(addresses).to eq([["10.1.0.0/16", "10.1.2.3"], ["<10.1.0.0/16>", "<10.1.2.3>"]])
    expect(refused).to match(/\Arow 0, column "name": expected string/)
  end

  it "takes each record once, whatever is loaded with it" do
    shown = run(orders + <<~'RUBY')
      class Loading < User
        self.table_name = "users"
        has_many :orders, foreign_key: :user_id
        default_scope { includes(:orders) }
      end
      users(7)
      Order.insert_all([1, 2, 2, 2, 2, 2, 3, 3, 4, 4, 6, 7, 7].map { |id| { user_id: id, name: "o" } })
      many = User.eager_load(:orders)
      relations = [
        User.includes(:orders), User.preload(:orders), Loading.all, User.includes(:orders).limit(2), many,
        User.eager_load(:order), many.order(id: :desc).limit(2), many.order(:id).offset(3), many.distinct,
        User.includes(:orders).where(orders: { name: "o" }), many.joins(:orders), many.where(orders: { id: nil }),
        many.select(:name), User.includes(:orders).references(:orders).where("orders.id > 4"), many.none
      ]
      relations.each_with_index do |relation, index|
        table = DeltaLake.create("#{DIR}/#{index}", schema: { name: :string })
        table.append(relation)
        records = relation.to_a.map(&:name).sort
        show([records.size, table.pluck(:name).sort == records])
      end
      table = DeltaLake.create("#{DIR}/order", schema: { id: :long })
      table.append(many.order(id: :desc).limit(4))
      show(table.pluck(:id))
    RUBY
    expect(shown[..-2]).to eq([7, 7, 7, 2, 7, 7, 2, 4, 7, 6, 6, 1, 7, 5, 0].map { |records| [records, true] })
    expect(shown.last).to eq([7, 6, 5, 4])
  end

  it "takes the columns that the table has, of joins, of chosen columns and of tables without a key" do
    shown = run(<<~'RUBY')
      team = Team.create!(name: "t")
      users(3)
      User.update_all(team_id: team.id)
      Tag.insert_all([{ name: "a" }, { name: "b" }])
      table = DeltaLake.create("#{DIR}/t", schema: { id: :long, name: :string, other: :date })
      table.append(User.joins(:team).where(teams: { name: "t" }))
      show(table.to_a)
      table.append(User.select(:id))
      show(table.at(version: 2).where(name: nil).pluck(:id).sort)
      table.append(Tag.all)
      show(table.where(id: nil).pluck(:name).sort)
      narrow = DeltaLake.create("#{DIR}/n", schema: { id: :long })
      narrow.append(User.select(:id, :age, :role), on_unknown: :add)
      show([narrow.schema.to_s, narrow.count])
      begin
        DeltaLake.create("#{DIR}/o", schema: { x: :long }).append(Tag)
      rescue DeltaLake::SchemaMismatchError => e
        show(e.message)
      end
    RUBY
    expect(shown[0]).to eq((1..3).map { |id| { "id" => id, "name" => "user #{id - 1}", "other" => nil } })
    expect(shown[1..3]).to eq([[1, 2, 3], %w[a b], ["id: long, age: long, role: string", 3]])
    expect(shown[4]).to match(/Tag.* has none of the table's columns: x: long/)
  end

  it "takes chosen columns by any form of their names, and refuses what SQL computes" do
    chosen, joined, *refused, instead = run(<<~'RUBY')
      team = Team.create!(name: "t")
      users(3)
      User.update_all(team_id: team.id)
      User.alias_attribute(:login, :name)
      arel = User.arel_table
      schema = { id: :long, name: :string, age: :long, login: :string }
      had = lambda do |relation|
        table = DeltaLake.create("#{DIR}/#{SecureRandom.hex(4)}", schema: schema)
        table.append(relation)
        table.to_a.flat_map { |row| row.compact.keys }.uniq.sort
      end
      show([User.select("id"), User.select("id", :age), User.select("users.id, age"), User.select(arel[:id], arel["age"]),
            User.select(:"users.id", "login"), User.select("users.*"), User.select(arel[Arel.star]),
            User.joins(:team).select("name")].map(&had))
      table = DeltaLake.create("#{DIR}/joined", schema: schema)
      table.append(User.from("(SELECT users.*, 7 AS age2 FROM users) users").select("id", :age2), on_unknown: :add)
      show(table.pluck(:age2))
      teams = User.joins(:team)
      [User.select(:id, "UPPER(name) AS name"), User.select("name AS login"), teams.select("users.id, teams.name AS name"),
       teams.select(Team.arel_table[:name]), User.select(arel[:age].maximum), teams.select(:"teams.name"),
       teams.select("*")].each do |relation|
        table.append(relation)
        show("appended")
      rescue ArgumentError => e
        show(e.message)
      end
      rows = DeltaLake.create("#{DIR}/instead", schema: schema)
      rows.append(User.select(:id, "UPPER(name) AS name").lazy.map { |row| { id: row.id, name: row.name } })
      show([table.version, rows.to_a.map { |row| row.slice(:id, :name).values }.sort])
    RUBY
    expect(chosen).to eq([%w[id], %w[age id], %w[age id], %w[age id], %w[id login], %w[age id name], %w[age id name],
                          %w[name]])
    expect(joined).to eq([7, 7, 7])
    expect(refused).to match([/got "UPPER\(name\) AS name": leave it out, or append Hashes, as in append\(relation/,
                              /got "name AS login"/, /got "users.id, teams.name AS name"/, /got teams.name: /,
                              /got MAX\("users"."age"\)/, /got :"teams.name"/, /got "\*"/])
    expect(instead).to eq([1, [[1, "USER 0"], [2, "USER 1"], [3, "USER 2"]]])
  end

  it "refuses a chosen column that the table lacks" do
    refused, *rows = run(<<~'RUBY')
      users(2)
      arel = User.arel_table
      table = DeltaLake.create("#{DIR}/t", schema: { id: :long, name: :string })
      show([User.select(:id, :age), User.select("users.id,age"), User.select(arel[:id], arel[:age]),
            User.select("users.*", :age)].map do |relation|
        table.append(relation) && "appended"
      rescue DeltaLake::SchemaMismatchError => e
        e.message
      end)
      [User, User.select(:name), User.select("users.*"), User.select("id, users.*"), User.select(arel[Arel.star])]
        .each { |relation| show(table.append(relation).rows) }
      show(table.append(User.select(:id, :age), on_unknown: :ignore).rows)
      show(table.append(User.select(:id, :age), on_unknown: :add).rows)
      show(table.schema.names)
    RUBY
    expect(refused).to eq(["User: select names age, and the table has id: long, name: string; on_unknown: :ignore " \
                           "leaves such columns out, :add adds them"] * 4)
    expect(rows).to eq(([2] * 7) + [%w[id name age]])
  end

  it "takes each distinct row, whatever of it the table has" do
    shown = run(<<~'RUBY')
      users(4)
      User.update_all(name: "same")
      table = DeltaLake.create("#{DIR}/t", schema: { name: :string })
      distinct = [User.distinct, User.distinct.select(:name), User.select("name, age").distinct]
      show(distinct.map { |relation| table.append(relation, on_unknown: :ignore).rows })
      show(table.pluck(:name).uniq)
      keyed = DeltaLake.create("#{DIR}/k", schema: { id: :long, name: :string })
      ActiveSupport::Notifications.subscribe("sql.active_record") { |*, payload| show(payload[:sql]) }
      show(keyed.append(User.distinct).rows)
    RUBY
    # Where the key is there, it asks for no column that a database may not be able to compare.
    expect(shown).to eq([[4, 1, 4], ["same"], 'SELECT DISTINCT "users"."id", "users"."name" FROM "users"', 4])
  end

  it "leaves nothing with the query cache that a job has" do
    shown = run(<<~'RUBY')
      require "deltalake/export"
      users(10)
      table = DeltaLake.create("#{DIR}/t", schema: { id: :long })
      all = User.all.load
      ActiveRecord::Base.cache do
        table.append(all)
        DeltaLake::Export.new(all, to: table, name: "users", updated_at: :seen_at, lag: 0).run
        show([table.refresh.count, User.connection.query_cache.size])
      end
    RUBY
    expect(shown).to eq([[20, 0]])
  end

  it "leaves bad rows out, and says so where it was not asked for" do
    shown = run(<<~'RUBY')
      users(10)
      User.where(id: 4).update_all(age: 300)
      table = DeltaLake.create("#{DIR}/t", schema: { id: :long, age: :byte })
      begin
        table.append(User.all)
      rescue DeltaLake::SchemaMismatchError => e
        show(e.message)
      end
      table.append(User.all, on_bad_row: ->(row, _) { show(row) })
      show(table.count)
    RUBY
    expect(shown).to match([/\Arow 3, column "age": expected byte/, { "id" => 4, "age" => 300 }, 9])
    bare = ruby(<<~RUBY)
      table = DeltaLake.create(#{table_path.inspect}, schema: { id: :long })
      relation = Object.new.tap { |o| def o.in_batches = nil; def o.pluck = nil }
      begin
        table.append(relation)
      rescue TypeError => e
        puts e.message
      end
    RUBY
    expect(bare.out).to include('require "deltalake/active_record"')
  end
end
