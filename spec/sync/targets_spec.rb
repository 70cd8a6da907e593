# frozen_string_literal: true

require "json"

# What values become in each kind of target, in processes of their own: ActiveSupport changes classes of Ruby's.
RSpec.describe "Targets of syncs", :native do
  include ModelDatabase

  source = <<~'RUBY'
    require "active_record"
    require "deltalake/sync"
    ActiveRecord::Schema.verbose = false
    TIME = Time.utc(2026, 1, 2, 3, 4, 5, 678_901)
    SCHEMA = { id: :long, flag: :boolean, small: :short, ratio: :double, single: :float, price: "decimal(20,4)",
               name: :string, raw: :binary, day: :date, at: :timestamp, local: :timestamp_ntz, late: :timestamp,
               tags: [:string], place: { city: :string, zip: "decimal(5,0)" }, document: :string,
               links: DeltaLake::Schema.map(:string, :date), state: :string }.freeze
    ROW = { id: 1, flag: true, small: -7, ratio: 1.0e-7, single: 0.5, price: BigDecimal("1234567890123456.0001"),
            name: "a\"b\\c{},'\n", raw: "\x00\xFF\\".b, day: Date.new(1969, 12, 31), at: TIME, local: TIME,
            late: Time.utc(9999, 12, 31, 23, 59, 59, 999_999), tags: ["x", nil, "a,b"],
            place: { city: "Paris", zip: BigDecimal(75_001) }, document: '{"a":[1]}',
            links: { "k" => Date.new(2026, 1, 1) }, state: "open" }.freeze
    EARLY = ROW.merge(id: 2, at: Time.utc(1, 1, 1, 0, 0, 0, 1), late: Time.utc(1969, 12, 31, 23, 59, 59, 999_999),
                      day: Date.new(1000, 1, 1, Date::GREGORIAN), ratio: Float::INFINITY, single: Float::NAN, flag: false).freeze
    TABLE = DeltaLake.create("#{DIR}/t", schema: SCHEMA)
    TABLE.append([ROW, EARLY, { id: 3 }])
    def show(value) = puts(JSON.generate(value))
    def sync(to, **options, &block) = DeltaLake::Sync.new(TABLE, to: to, name: "all", progress: false, **options, &block)
  RUBY
  database = <<~'RUBY'
    ActiveRecord::Base.establish_connection(URL)
    DeltaLake::Sync.create_cursors(ActiveRecord::Base.connection)
    2.times { DeltaLake::Sync.create_cursors(ActiveRecord::Base.connection) }
    POSTGRES = URL.start_with?("postgres")
    def create(name, **changes, &more)
      ActiveRecord::Base.connection.create_table(name) do |t|
        t.boolean :flag
        t.integer :small, limit: 2
        t.float :ratio
        t.float :single
        t.decimal :price, precision: 20, scale: 4
        t.text :name
        t.binary :raw
        t.date :day
        t.datetime :at, precision: 6
        t.datetime :local, precision: 6
        t.column :late, POSTGRES ? :timestamptz : :datetime, precision: 6
        t.text :tags
        t.column :place, POSTGRES ? :jsonb : :json
        t.column :document, POSTGRES ? :jsonb : :json
        t.text :links
        t.string :state
        more&.call(t)
      end
    end
    create(:plains)
    class Plain < ActiveRecord::Base; end
    create(:stamped) { |t| t.timestamps null: false }
    class Stamp < ActiveRecord::Base; self.table_name = "stamped"; end
    ActiveRecord::Base.connection.create_table(:enums) { |t| t.integer :state }
    class Enum < ActiveRecord::Base
      states = { open: 4, closed: 5 }
      ActiveRecord.version < Gem::Version.new("7.0") ? enum(state: states) : enum(:state, states)
    end
    def exact(row)
      row.attributes.symbolize_keys.transform_values do |value|
        case value
        when Time then value.utc.iso8601(6)
        when BigDecimal then value.to_s("F")
        when Float then value.finite? ? value : value.to_s
        when String then value.encoding == Encoding::BINARY || !value.valid_encoding? ? value.unpack1("H*") : value
        else value
        end
      end
    end
  RUBY

  define_method(:run) do |script, before = ""|
    ended = ruby("DIR = #{tmpdir.inspect}\n#{source}#{before}#{script}")
    expect(ended).to have_succeeded
    ended.out.lines.map { |line| JSON.parse(line) }
  end

  %i[sqlite postgres].each do |kind|
    it "have every value, in #{kind}" do
      writers, row, early, empty = run(<<~'RUBY', "URL = #{model_database(kind).inspect}\n#{database}")
        sync(Plain).run
        writer = sync(Plain).tap(&:run).instance_variable_get(:@target).instance_variable_get(:@writer)
        show([writer.class.name])
        Plain.order(:id).each { |item| show(exact(item)) }
      RUBY
      expect(writers).to eq(["DeltaLake::Sync::Targets::#{kind == :sqlite ? 'SQLite' : 'PostgreSQL'}"])
      expect(row).to include(
        "id" => 1, "flag" => true, "small" => -7, "ratio" => 1.0e-7, "single" => 0.5, "name" => "a\"b\\c{},'\n",
        "raw" => "00ff5c", "day" => "1969-12-31", "at" => "2026-01-02T03:04:05.678901Z",
        "local" => "2026-01-02T03:04:05.678901Z", "late" => "9999-12-31T23:59:59.999999Z",
        "tags" => '["x",null,"a,b"]', "place" => { "city" => "Paris", "zip" => "75001.0" },
        "document" => { "a" => [1] }, "links" => '{"k":"2026-01-01"}', "state" => "open"
      )
      expect(early).to include("at" => "0001-01-01T00:00:00.000001Z", "late" => "1969-12-31T23:59:59.999999Z",
                               "day" => "1000-01-01", "ratio" => "Infinity", "flag" => false)
      # SQLite keeps decimals as doubles.
      expect(row["price"]).to eq("1234567890123456.0001") if kind == :postgres
      expect(empty.compact).to eq({ "id" => 3 })
    end

    it "have doubles bit by bit, as columns and as rows of a block, in #{kind}" do
      others = run(<<~'RUBY', "URL = #{model_database(kind).inspect}\n#{database}")
        random = Random.new(1)
        single = ->(number) { [number].pack("g").unpack1("g") }
        doubles = Array.new(5_000) { random.bytes(8).unpack1("G") } + Array.new(3_000) { random.rand * 100 }
        doubles += [0.1 + 0.2, 1.0e-320, 5.0e-324, Float::MAX, Float::MIN, 1.0e22, -1.0e-7]
        doubles.reject!(&:nan?)
        rows = doubles.each_with_index.map do |number, id|
          { id: id, ratio: number, single: number.abs.between?(1.0e-37, 1.0e37) ? single.(number) : 0.25 }
        end
        table = DeltaLake.create("#{DIR}/doubles", schema: { id: :long, ratio: :double, single: :float })
        table.append(rows)
        ActiveRecord::Base.connection.create_table(:singles) do |t|
          t.float :ratio
          t.column :single, POSTGRES ? "real" : "float"
        end
        class Single < ActiveRecord::Base; end
        compare = lambda do |model, &block|
          DeltaLake::Sync.new(table, to: model, name: "#{model} #{block}", progress: false, &block).run
          found = model.pluck(:id, :ratio, :single).to_h { |id, *numbers| [id, numbers] }
          wrong = rows.reject do |row|
            ratio, near = found[row[:id]]
            # The driver reads the few digits of a single as a double.
            ratio == row[:ratio] && single.call(near) == row[:single]
          end
          show(wrong.first(3))
        end
        compare.call(Plain)
        compare.call(Single)
        Plain.delete_all
        # SQLite itself reads some texts of doubles as the one beside.
        compare.call(Plain) { |row| row } if POSTGRES
      RUBY
      expect(others).to eq(kind == :sqlite ? [[], []] : [[], [], []])
    end

    it "have times of creation and change, enums, and rows made by a block, in #{kind}" do
      stamps, enums, made, *kept = run(<<~'RUBY', "URL = #{model_database(kind).inspect}\n#{database}")
        sync(Stamp).run
        created = Stamp.find(1).created_at
        sleep(0.01)
        TABLE.overwrite([ROW.merge(name: "other")], where: "id = 1")
        sync(Stamp).run
        again = Stamp.find(1)
        show([again.name, again.updated_at > created, again.created_at == created])
        sync(Enum, name: "enums", select: %i[id state]).run
        show(Enum.where(id: 1).pluck(:state) + [Enum.where(state: :open).count])
        Plain.create!(id: 50)
        TABLE.overwrite([EARLY.merge(ratio: 1.0, single: 1.0)], where: "id = 2")
        sync(Plain, name: "made") { |row| { id: row[:id], name: row[:name].to_s.upcase } if row[:id] != 2 }.run
        show(Plain.order(:id).pluck(:id, :name))
        before = Stamp.find(1)
        sleep(0.01)
        sync(Stamp, name: "by upsert_all", where: "id < 2") { |row| { id: row[:id], name: "again" } }.run
        again = Stamp.find(1)
        show([again.name, again.updated_at > before.updated_at, again.created_at == before.created_at])
        dated = sync(Stamp, name: "with times", where: "id > 2") { |row| { id: row[:id], created_at: TIME } }
        2.times { dated.run }
        show(Stamp.pluck(:id, :created_at).map { |id, at| [id, at == TIME] })
      RUBY
      expect(stamps).to eq(["other", true, true])
      expect(enums).to eq(["open", 2])
      expect(made).to eq([[1, "OTHER"], [3, ""]])
      expect(kept).to eq([["again", true, true], [[3, true]]])
    end

    it "have any text, as key too, and dates whatever the application shows of them, in #{kind}" do
      texts = [["a,b", "{c}", "NULL", "", " d ", "\u00e9'"], ['e"f', '"', "x"], ["g\\h", "y"], ['","', "\n"]]
      *rows, nothing = run(<<~RUBY, "URL = #{model_database(kind).inspect}\n#{database}")
        require "active_support/core_ext/date/conversions"
        Date::DATE_FORMATS[:default] = "%d/%m/%Y"
        ActiveRecord::Base.connection.create_table(:texts, id: false) do |t|
          t.string :word, null: false, index: { unique: true }
          t.text :other
          t.date :day
        end
        class Text < ActiveRecord::Base; end
        words = DeltaLake.create("\#{DIR}/words", schema: { word: :string, other: :string, day: :date })
        texts = JSON.parse(#{JSON.generate(texts).inspect})
        sync = DeltaLake::Sync.new(words, to: Text, key: :word, name: "words", progress: false)
        texts.each do |some|
          words.append(some.map { |text| { word: text, other: text, day: "2026-04-03" } })
          words.append([{ word: "none \#{some.size} \#{words.version}", other: nil, day: nil }])
          sync.run
        end
        Text.all.each { |row| show([row.word, row.other, row.day&.iso8601]) }
        words.append([{ word: nil, other: "no key" }])
        begin
          DeltaLake::Sync.new(words, to: Text, key: :word, name: "others", progress: false).run
        rescue DeltaLake::SchemaMismatchError => e
          show(e.message)
        end
      RUBY
      none, given = rows.partition { |row| row.first.start_with?("none ") }
      expect(given).to match_array(texts.flatten.map { |text| [text, text, "2026-04-03"] })
      expect(none).to match_array(Array.new(4) { [a_kind_of(String), nil, nil] })
      expect(nothing).to match(/a row has no word, which is the key of the sync/)
    end

    it "are looked at past the cache of queries that a job has, in #{kind}" do
      kept, mode, version = run(<<~'RUBY', "URL = #{model_database(kind).inspect}\n#{database}").first
        ActiveRecord::Base.cache do
          job = sync(Plain)
          2.times { job.run }
          job.instance_variable_get(:@target).each_key(1) { |keys| raise "no keys" if keys.empty? }
          kept = ActiveRecord::Base.connection.query_cache.size
          Thread.new do
            TABLE.append([{ id: 4 }])
            sync(Plain).run
          ensure
            ActiveRecord::Base.connection_pool.release_connection
          end.join
          again = job.run
          show([kept, again.mode, again.to_version])
        end
      RUBY
      expect([kept, mode, version]).to eq([0, "none", 2])
    end

    it "are told from others of the same name, in #{kind}" do
      error, mode, counts = run(<<~'RUBY', "URL = #{model_database(kind).inspect}\n#{database}").first
        sync(Plain).run
        begin
          sync(Stamp).run
        rescue DeltaLake::SyncGapError => e
          error = [e.reason, e.message]
        end
        before = Stamp.count
        show([error, sync(Stamp, on_gap: :resync).run.mode, [before, Stamp.count]])
      RUBY
      expect(error).to match(["options_changed", /columns or target of the sync.*under the same name/])
      expect([mode, counts]).to eq(["full", [0, 3]])
    end

    it "have keys of several columns, and say what they lack, in #{kind}" do
      rows, after, *errors = run(<<~'RUBY', "URL = #{model_database(kind).inspect}\n#{database}")
        ActiveRecord::Base.connection.create_table(:pairs, id: false) do |t|
          t.string :word, null: false
          t.bigint :number, null: false
          t.string :name
          t.index %i[number word], unique: true
        end
        class Pair < ActiveRecord::Base; end
        Pair.insert_all([{ word: "it's", number: 9, name: "goes" }])
        options = { key: %i[state id], select: [:name], columns: { state: :word, id: :number }, where: "id < 3" }
        sync(Pair, **options).run
        show(Pair.order(:number).pluck(:word, :number))
        TABLE.overwrite([ROW.merge(state: "it's")], where: "id IN (1, 2)")
        result = sync(Pair, **options).run
        show([result.mode, result.upserted, result.deleted, Pair.pluck(:word, :number)])
        rescued = lambda do |&block|
          block.call
        rescue DeltaLake::Error => e
          show(e.message)
        end
        rescued.call { sync(Pair, name: "b").run }
        rescued.call { sync(Pair, name: "c", key: :id, select: [:name], columns: { id: :number }).run }
        ActiveRecord::Base.connection.drop_table(:deltalake_cursors)
        rescued.call { sync(Plain, name: "d").run }
      RUBY
      expect(rows).to eq([["open", 1], ["open", 2]])
      expect(after).to eq(["difference", 1, 2, [["it's", 1]]])
      expect(errors).to match([/Pair has no column id, flag/, /no primary key and no unique index of number/,
                               /no table deltalake_cursors.*create_cursors\(self\) in a migration/])
    end
  end

  it "are told which row has what PostgreSQL has no text for" do
    kind, message, count = run(<<~'RUBY', "URL = #{model_database(:postgres).inspect}\n#{database}").first
      begin
        TABLE.append([{ id: 7, raw: "\0".b, name: "a\0b" }])
        sync(Plain).run
      rescue DeltaLake::SchemaMismatchError => e
        show([e.class.name, e.message, Plain.count])
      end
    RUBY
    expect(kind).to eq("DeltaLake::SchemaMismatchError")
    expect(message).to match(/the row with id 7 has a character 0 in name, and PostgreSQL.*where:/)
    expect(count).to eq(0)
  end

  it "are refused what a column of PostgreSQL is too short for, as upsert_all is, and cut or round as it does" do
    *refused, left, written, made = run(<<~'RUBY', "URL = #{model_database(:postgres).inspect}\n#{database}")
      ActiveRecord::Base.connection.create_table(:shorts, id: false) do |t|
        t.string :code, limit: 6, null: false, index: { unique: true }
        t.column :pair, "char(2)"
        t.column :one, "char"
        t.column :bits, "bit varying(3)"
        t.column :fixed, "bit(3)"
        t.column :amount, "numeric(5,1)"
        t.column :at, "timestamp(0)"
        t.column :zoned, "timestamptz(3)"
        t.column :digits, "varchar(3)"
      end
      class Short < ActiveRecord::Base; self.primary_key = "code"; end
      schema = { code: :string, pair: :string, one: :string, bits: :string, fixed: :string, amount: "decimal(8,2)",
                 at: :timestamp, zoned: :timestamp, digits: :long }
      good = { code: "abcdef", pair: "xy", one: "x", bits: "101", fixed: "011", amount: "1234.25",
               at: Time.utc(2026, 12, 31, 23, 59, 59, 999_999), zoned: Time.utc(1969, 12, 31, 23, 59, 59, 999_999),
               digits: 123 }
      bad = { code: "abcdef1", pair: "xyz", one: "xy", bits: "10101", fixed: "01", amount: "12345.25", digits: 1234 }
      attempt = lambda do |row, name, &block|
        table = DeltaLake.create("#{DIR}/#{name}", schema: schema)
        table.append([row])
        sync = DeltaLake::Sync.new(table, to: Short, key: :code, name: name, progress: false, &block)
        sync.run
        sync.instance_variable_get(:@target).instance_variable_get(:@writer).class.name[/\w+\z/]
      rescue ActiveRecord::StatementInvalid => e
        e.message[/PG::\w+/]
      end
      bad.each do |name, value|
        row = good.merge(name => value)
        show([name, attempt.call(row, "#{name} array"), attempt.call(row, "#{name} block") { |made| made }])
      end
      show(Short.count)
      show([attempt.call(good, "array"), exact(Short.first)])
      Short.delete_all
      show([attempt.call(good, "block") { |made| made }, exact(Short.first)])
    RUBY
    expect(refused.map(&:first)).to eq(%w[code pair one bits fixed amount digits])
    expect(refused.map { |name, array, _| [name, array] }).to eq(refused.map { |name, _, block| [name, block] })
    expect(refused.map { |row| row[1] }).to all(match(/Truncation|LengthMismatch|OutOfRange/))
    expect(left).to eq(0)
    expect([written.first, made.first]).to eq(%w[PostgreSQL UpsertAll])
    expect(written.last).to eq(made.last)
    expect(written.last).to include("code" => "abcdef", "amount" => "1234.3", "at" => "2026-12-31T23:59:59.000000Z",
                                    "zoned" => "1969-12-31T23:59:59.999000Z")
  end

  it "have their keys as bytes and are told from others of the same name, in Redis" do
    skip Services::Redis.missing if Services::Redis.missing
    texts, binaries, pairs, *others = run(<<~'RUBY', "URL = #{Services::Redis.running.url.inspect}\n")
      require "redis"
      redis = Redis.new(url: URL)
      redis.flushall
      # As under LANG=C: what the client says of the encoding of replies.
      Encoding.default_external = Encoding::US_ASCII
      words = DeltaLake.create("#{DIR}/words", schema: { word: :string, raw: :binary, n: :long })
      words.append([{ word: "M\u00fcller", raw: "\xFF\x00".b, n: 1 }, { word: "Meier", raw: "a".b, n: 2 }])
      full = lambda do |key, prefix|
        to = DeltaLake::Sync.redis(redis, prefix: prefix)
        runs = Array.new(2) do
          DeltaLake::Sync.new(words, to: to, key: key, name: prefix, mode: :full, progress: false).run.deleted
        end
        redis.set("#{prefix}other", "")
        runs << DeltaLake::Sync.new(words, to: to, key: key, name: prefix, mode: :full, progress: false).run.deleted
        show([runs, redis.scan_each(match: "#{prefix}*").map { |name| name.unpack1("H*") }])
      end
      full.call(:word, "\u00e9:")
      full.call(:raw, "\u00e8:")
      full.call(%i[word raw], "p:")
      [{ prefix: "a:" }, { prefix: "b:" }, { prefix: "a:", as: :string }, { prefix: "a:" }].each do |options|
        show(DeltaLake::Sync.new(words, to: DeltaLake::Sync.redis(redis, **options), key: :n, name: "one",
                                        progress: false).run.mode)
      rescue DeltaLake::SyncGapError => e
        show(e.reason)
      end
    RUBY
    hex = ->(*names) { match_array(names.map { |name| name.unpack1("H*") }) }
    expect(texts).to match([[0, 0, 1], hex.call("\u00e9:M\u00fcller", "\u00e9:Meier")])
    expect(binaries).to match([[0, 0, 1], hex.call("\u00e8:".b + "\xFF\x00".b, "\u00e8:a")])
    expect(pairs).to match([[0, 0, 1], hex.call("p:M\u00fcller:".b + "\xFF\x00".b, "p:Meier:a")])
    expect(others).to eq(%w[full options_changed options_changed none])
  end

  it "are written once and by one run where connections are lost, in Redis" do
    skip Services::Redis.missing if Services::Redis.missing
    taken, again, wide = run(<<~'RUBY', "URL = #{Services::Redis.running.url.inspect}\n")
      require "redis"
      redis, other = Array.new(2) { Redis.new(url: URL) }
      redis.flushall
      redis.singleton_class.prepend(Module.new { def eval(...) = $around.call { super } })
      batch = lambda do |expected, cursor, upserts, deletes = []|
        DeltaLake::Sync::Batch.new(expected: expected, cursor: cursor, upserts: upserts, deletes: deletes)
      end
      to = DeltaLake::Sync.redis(redis, prefix: "w:").tap { |made| made.bind(name: "w") }
      other.set("deltalake:cursor:w", "A")
      lost = -> { other.client(:kill, "TYPE", "normal", "SKIPME", "yes") }
      $around = lambda do |&write|
        other.set("deltalake:cursor:w", "B")
        lost.call
        write.call
      end
      begin
        to.apply(batch.call("A", "C", { "w:1" => { v: 1 } }))
      rescue DeltaLake::CommitConflictError => e
        show([e.kind, other.keys("w:*"), to.cursor])
      end
      # The reply is what is lost.
      $around = lambda do |&write|
        write.call
        lost.call
        write.call
      end
      to.apply(batch.call("B", "C", { "w:1" => { v: 1, w: 2 }, "w:2" => { v: nil } }))
      to.apply(batch.call("C", "D", { "w:1" => { v: 2 }, "w:3" => { v: 3 } }, ["w:2", "w:3"]))
      show([other.keys("w:*").sort.map { |key| [key, other.hgetall(key)] }, to.cursor])
      to.apply(batch.call("D", "E", { "w:4" => Array.new(9_001) { |n| ["f#{n}", n] }.to_h }))
      show([other.hlen("w:4"), other.hget("w:4", "f9000")])
    RUBY
    expect(taken).to eq(["concurrent_sync", [], "B"])
    expect(again).to eq([[["w:1", { "v" => "2" }], ["w:3", { "v" => "3" }]], "D"])
    expect(wide).to eq([9_001, "9000"])
  end

  it "have text, in Redis" do
    skip Services::Redis.missing if Services::Redis.missing
    row, early, text, keys, refused = run(<<~'RUBY', "URL = #{Services::Redis.running.url.inspect}\n")
      require "redis"
      redis = Redis.new(url: URL)
      redis.flushall
      redis.hset("a[b*:3", "gone", "1")
      sync(DeltaLake::Sync.redis(redis, prefix: "a[b*:")).run
      row = redis.hgetall("a[b*:1")
      show(row.merge("raw" => row["raw"].unpack1("H*")))
      show([redis.hgetall("a[b*:2").slice("ratio", "single", "at"), redis.hgetall("a[b*:3")])
      sync(DeltaLake::Sync.redis(redis, prefix: "t:", as: :string), name: "text", key: %i[state id],
                                                                    where: "id < 3").run
      show(JSON.parse(redis.get("t:open:1")))
      TABLE.overwrite([ROW.merge(state: "o:%")], where: "id IN (1, 2)")
      sync(DeltaLake::Sync.redis(redis, prefix: "t:", as: :string), name: "text", key: %i[state id],
                                                                    where: "id < 3").run
      show(redis.keys("t:*"))
      begin
        sync(DeltaLake::Sync.redis(redis, prefix: "delta"), name: "x").run
      rescue ArgumentError => e
        show(e.message)
      end
    RUBY
    expect(row).to include("id" => "1", "flag" => "true", "ratio" => "1.0e-07", "price" => "1234567890123456.0001",
                           "raw" => "00ff5c", "day" => "1969-12-31", "at" => "2026-01-02T03:04:05.678901Z",
                           "place" => '{"city":"Paris","zip":"75001.0"}', "tags" => '["x",null,"a,b"]')
    expect(early).to eq([{ "ratio" => "Infinity", "single" => "NaN", "at" => "0001-01-01T00:00:00.000001Z" },
                         { "id" => "3" }])
    expect(text).to include("raw" => "AP9c", "tags" => ["x", nil, "a,b"], "small" => -7, "document" => '{"a":[1]}')
    expect(keys).to eq(["t:o%3A%25:1"])
    expect(refused).to match(/takes in the key of the cursor/)
  end
end
