# frozen_string_literal: true

require "json"
require "open3"

# With real databases, in processes of their own: ActiveSupport changes classes of Ruby's.
RSpec.describe "Export", :native do
  include ModelDatabase

  models = <<~'RUBY'
    require "deltalake/export"
    ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: "#{DIR}/items.sqlite3")
    ActiveRecord::Schema.verbose = false
    ActiveRecord::Schema.define do
      create_table(:items) { |t| t.string :name; t.datetime :updated_at, precision: 6, index: true }
    end
    class Item < ActiveRecord::Base; end
    START = Time.utc(2026, 1, 1)
    def put(ids, at, name = "x") = Item.upsert_all(ids.map { |id| { id: id, name: name, updated_at: START + at } })
    TABLE = DeltaLake.create("#{DIR}/t", schema: DeltaLake::Schema.from_model(Item))
    def export(**options) = DeltaLake::Export.new(Item, **{ to: TABLE, name: "items" }, **options)
    def show(value) = puts(JSON.generate(value))
    def told(result) = [result.rows, result.commits, result.from&.iso8601(6), result.to&.iso8601(6), result.version]
  RUBY

  define_method(:run) { |script| shown_by("DIR = #{tmpdir.inspect}\n#{models}#{script}") }

  it "appends what has come, each state once" do
    first, again, third, names = run(<<~'RUBY')
      put(1..5, 0)
      put(6..8, Rational(1, 1_000_000))
      show(told(export.run))
      show(told(export(to: "#{DIR}/t").run))
      put([2, 9], 2, "y")
      show(told(export.run))
      show(DeltaLake.open("#{DIR}/t").to_a.map { |row| [row[:id], row[:name]] }.sort)
    RUBY
    start = "2026-01-01T00:00:00.000001Z"
    expect(first).to eq([8, 1, nil, start, 1])
    expect(again).to eq([0, 0, start, start, 1])
    expect(third).to eq([2, 1, start, "2026-01-01T00:00:02.000000Z", 2])
    expect(names).to eq([[1, "x"], [2, "x"], [2, "y"], *(3..8).map { |id| [id, "x"] }, [9, "y"]])
  end

  it "is an event, and one whose subscriber raises appends nothing twice" do
    first, counts, failed = run(<<~'RUBY')
      put(1..5, 0)
      events = []
      DeltaLake.configure { |c| c.instrumenter = ActiveSupport::Notifications }
      ActiveSupport::Notifications.subscribe("export.deltalake") { |*, payload| events << payload }
      ActiveSupport::Notifications.subscribe(/\.deltalake\z/) { |name, *| raise "subscriber of #{name}" }
      $stderr = StringIO.new
      result = export.run
      show([events.first.except(:from, :to) == { operation: :export, table: TABLE.uri, name: "items" }
                                                 .merge(result.to_h.except(:from, :to)), told(result)])
      put(6..8, 1)
      2.times { export.run }
      show([TABLE.refresh.count, TABLE.version, events.size])
      show($stderr.string.scan(/subscriber of (\w+).deltalake failed/).flatten.tally.keys.sort)
    RUBY
    expect(first).to eq([true, [5, 1, nil, "2026-01-01T00:00:00.000000Z", 1]])
    expect(counts).to eq([8, 2, 3])
    expect(failed).to include("append", "export")
  end

  it "puts all rows of a moment into one commit, and others into the next" do
    told, rows = run(<<~RUBY)
      put(1..3, 0)
      put(4..24, 1)
      put(25..26, 2)
      show(told(export(batch: 5).run))
      show((1..TABLE.refresh.version).map { |version| TABLE.at(version: version).count })
    RUBY
    expect(told).to eq([26, 2, nil, "2026-01-01T00:00:02.000000Z", 2])
    expect(rows).to eq([24, 26])
  end

  it "leaves the newest past to the next run, and follows some of the rows" do
    told, some, zero = run(<<~RUBY)
      put([1], Time.now - START - 30)
      put([2, 3], Time.now - START - 120)
      show(export.run.rows)
      show(DeltaLake::Export.new(Item.where(id: 3..), to: TABLE, name: "some").run.rows)
      show(export(lag: 0).run.rows)
    RUBY
    expect([told, some, zero]).to eq([2, 1, 1])
  end

  it "has what is written later in a second, where the column or the database keeps whole ones" do
    shown = run(<<~'RUBY')
      ActiveRecord::Schema.define { create_table(:visits) { |t| t.datetime :updated_at, precision: 0 } }
      class Visit < ActiveRecord::Base; end
      Time.singleton_class.prepend(Module.new { def now(...) = $now || super })
      runs = lambda do |model, name, at, &write|
        table = DeltaLake.create("#{DIR}/#{name}", schema: DeltaLake::Schema.from_model(model))
        export = DeltaLake::Export.new(model, to: table, name: "a", lag: 0)
        [at, at + Rational(1, 10_000_000), at + 5].each do |now|
          $now = START + now
          write.call if now < at + 5
          export.run
        end
        show([table.refresh.count, model.count])
        model.delete_all
      end
      # The last one is less than a microsecond before the end of its second.
      [0, Rational(2, 10), Rational(9_999_997, 10_000_000)].each_with_index do |at, index|
        runs.call(Visit, "visits#{index}", at) { Visit.create! }
        # As CURRENT_TIMESTAMP does it.
        runs.call(Item, "items#{index}", at) { Item.insert_all!([{ name: "x", updated_at: START }]) }
      end
    RUBY
    expect(shown).to eq([[2, 2]] * 6)
  end

  it "begins before 1970" do
    told, rows = run(<<~'RUBY')
      ["1900-01-01 00:00:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "1970-01-01 00:00:00.000001"].each do |at|
        Item.connection.execute("INSERT INTO items (updated_at) VALUES ('#{at}')")
      end
      show(told(export(batch: 1).run))
      show([TABLE.refresh.count, export.run.rows])
    RUBY
    expect(told).to eq([4, 2, nil, "1970-01-01T00:00:00.000001Z", 2])
    expect(rows).to eq([4, 0])
  end

  it "takes fractions of any length from SQLite, and refuses what is not in the order of time there" do
    shown = run(<<~'RUBY')
      def written(*times) = times.each { |at| Item.connection.execute("INSERT INTO items (updated_at) VALUES ('#{at}')") }
      written("2026-01-01 00:00:00", "2026-01-01 00:00:00.000", "2026-01-01 00:00:00.000000", "2026-01-01 00:00:00.5",
              "2026-01-01 00:00:00.500", "2026-01-01 00:00:00.500001")
      show(told(export(batch: 1).run))
      show(export(batch: 1).run.rows)
      Item.delete_all
      ["2026-01-02T00:00:00Z", "2026-01-02 00:00:01+02:00", "0 o'clock"].each_with_index do |at, n|
        written(at.sub("'", "''"))
        to = DeltaLake.create("#{DIR}/#{n}", schema: { id: :long, updated_at: :timestamp })
        follow = -> { export(to: to, name: "n", batch: 1, on_unknown: :ignore).run(deadline: 5).rows }
        begin
          show(follow.call)
        rescue DeltaLake::Error => e
          show([e.class, e.message, to.refresh.version])
        end
        Item.where(id: Item.maximum(:id)).update_all(updated_at: Time.now - 100)
        show(follow.call)
      end
    RUBY
    expect(shown.shift(2)).to eq([[6, 3, nil, "2026-01-01T00:00:00.500001Z", 3], 0])
    expect(shown).to match([["DeltaLake::ConfigurationError", /items has a row with "2026-01-02T.*touch_all/, 0], 1,
                            ["DeltaLake::ConfigurationError", /"2026-01-02 00:00:01\+02:00"/, 0], 2,
                            ["DeltaLake::ConfigurationError", /"0 o'clock"/, 0], 3])
  end

  it "names rows of PostgreSQL that have no moment, and leaves out those that are never over" do
    url = model_database(:postgres)
    refused, told = run(<<~RUBY)
      ActiveRecord::Base.establish_connection(#{url.inspect})
      ActiveRecord::Schema.define { create_table(:items) { |t| t.string :name; t.datetime :updated_at, precision: 6 } }
      Item.reset_column_information
      %w[-infinity infinity 2026-01-01].each do |at|
        Item.connection.execute("INSERT INTO items (name, updated_at) VALUES ('\#{at}', '\#{at}')")
      end
      begin
        export(batch: 1).run
      rescue DeltaLake::SchemaMismatchError => e
        show([e.message, TABLE.refresh.version])
      end
      bad = []
      show([told(export(batch: 1, on_bad_row: ->(row, _) { bad << row[:name] }).run), bad])
    RUBY
    expect(refused).to match([/row 0, column "updated_at": .*-Infinity/, 0])
    expect(told).to match([[1, a_value, nil, "2026-01-01T00:00:00.000000Z", a_value], ["-infinity"]])
  end

  it "appends nothing twice where two run at once" do
    kind, count, last = run(<<~'RUBY')
      put(1..4, 0)
      # While the rows of one are read, another appends more of them.
      other = lambda do
        put(5..6, 1)
        export.run
      end
      ActiveSupport::Notifications.subscribe("sql.active_record") do |*, payload|
        next unless other && payload[:sql].match?(/SELECT "items"."id", "items"."name"/)
        now, other = other, nil
        now.call
      end
      begin
        export.run
        put([7], 2)
        export.run
        show("none")
      rescue DeltaLake::CommitConflictError => e
        show(e.kind)
      end
      show(TABLE.refresh.to_a.map { |row| row[:id] }.sort)
      show(export.run.rows)
    RUBY
    # The other one went further, so that what this one had is there already.
    expect(kind).to eq("none")
    expect(count).to eq([1, 2, 3, 4, 5, 6, 7])
    expect(last).to eq(0)
  end

  it "is a conflict where the other one went less far" do
    kind, count = run(<<~'RUBY')
      put(1..4, 0)
      put(5..6, 1)
      before = true
      ActiveSupport::Notifications.subscribe("sql.active_record") do |*, payload|
        next unless before && payload[:sql].match?(/SELECT "items"."id", "items"."name"/)
        before = false
        DeltaLake::Export.new(Item.where(id: ..4), to: "#{DIR}/t", name: "items").run
      end
      begin
        export.run
      rescue DeltaLake::CommitConflictError => e
        show([e.kind, e.retryable?])
      end
      export.run
      show(TABLE.refresh.to_a.map { |row| row[:id] }.sort)
    RUBY
    expect(kind).to eq(["concurrent_transaction", true])
    expect(count).to eq([1, 2, 3, 4, 5, 6])
  end

  it "appends the columns that were chosen" do
    shown = run(<<~RUBY)
      put(1..3, 0)
      export = DeltaLake::Export.new(Item.select("id", :updated_at), to: TABLE, name: "some")
      show(export.run.rows)
      show(TABLE.refresh.to_a.map { |row| [row[:id], row[:name], row[:updated_at].nil?] }.sort)
    RUBY
    expect(shown).to eq([3, [[1, nil, false], [2, nil, false], [3, nil, false]]])
  end

  it "refuses what it cannot follow" do
    shown = run(<<~RUBY)
      def refused
        yield && show(nil)
      rescue ArgumentError, TypeError, DeltaLake::Error => e
        show(e.message)
      end
      refused { DeltaLake::Export.new(Item.limit(3), to: TABLE, name: "a") }
      refused { DeltaLake::Export.new(Item, to: TABLE, name: "a", updated_at: :changed_at) }
      refused { DeltaLake::Export.new(Item, to: TABLE, name: "a", updated_at: :name) }
      refused { DeltaLake::Export.new([1], to: TABLE, name: "a") }
      refused { DeltaLake::Export.new(Item.select(:id, "UPPER(name) AS name"), to: TABLE, name: "a") }
      refused { export(name: "") }
      refused { export(lag: -1) }
      TABLE.alter { |a| a.set_properties("delta.setTransactionRetentionDuration" => "interval 1 day") }
      refused { export.run }
    RUBY
    expect(shown).to match([/no limit/, /no column changed_at/, /name is a string/,
                            /model or relation is needed, got Array/,
                            /names of Item's columns .*got "UPPER/,
                            /name is empty/, /lag must be/, /forgets transactions after interval 1 day/])
  end

  describe "whose runs are killed" do
    def play(url, kills)
      script = File.join(__dir__, "export_play.rb")
      out, err, status = Open3.capture3(RbConfig.ruby, "-I", NativeHelper::LIB, script, url, tmpdir,
                                        RSpec.configuration.seed.to_s, kills.to_s)
      raise "seed #{RSpec.configuration.seed}: #{err}" unless status.success?

      JSON.parse(out, symbolize_names: true)
    end

    def whole
      include(twice: 0, unknown: 0, missing: 0, rows: a_value > 20)
    end

    it "has each state of SQLite's rows once" do
      expect(play("sqlite3:#{tmpdir}/items.sqlite3", 3)).to whole.and include(killed: a_value > 1)
    end

    it "has each state of PostgreSQL's rows once" do
      expect(play(model_database(:postgres), 3)).to whole.and include(killed: a_value > 1)
    end

    it "does so for many kills over SQLite", :long do
      expect(play("sqlite3:#{tmpdir}/items.sqlite3", 60)).to whole.and include(killed: a_value >= 50)
    end

    it "does so for many kills over PostgreSQL", :long do
      expect(play(model_database(:postgres), 60)).to whole.and include(killed: a_value >= 50)
    end
  end
end
