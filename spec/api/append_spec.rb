# frozen_string_literal: true

RSpec.describe "append" do
  let(:table) { create_table }

  it "adds rows in one commit, and tells of it" do
    commit = table.append(orders(1..5))
    expect(commit).to be_a(DeltaLake::Commit).and(be_frozen)
    expect(commit).to have_attributes(version: 1, rows: 5, files: 1, attempts: 1, skipped?: false,
                                      bytes: File.size(File.join(table_path, files_on_disk.first)),
                                      duration: be_between(0, 60))
    expect(commit.metrics).to include(bad_rows: 0, write_seconds: be_a(Float), commit_seconds: be_a(Float))
    expect(commit.inspect).to match(/\A#<DeltaLake::Commit version=1 rows=5 files=1 .* skipped=false>\z/)
    expect(table.pluck(:id)).to eq([1, 2, 3, 4, 5])
  end

  it "takes Symbol and String keys, and misses none" do
    table.append([{ id: 1, "country" => "DE" }, { "id" => 2 }])
    expect(table.to_a).to eq([{ id: 1, country: "DE", price: nil }, { id: 2, country: nil, price: nil }])
  end

  it "takes any Enumerable, as it comes" do
    each_only = Object.new.tap { |object| def object.each = 2.times { |i| yield({ id: 10 + i }) } }
    [orders(0..1), orders(2..3).each, orders(4..5).lazy, Set.new(orders(6..7)), each_only,
     Enumerator.new { |rows| rows << { id: 12 } }].each { |rows| table.append(rows) }
    expect(table.pluck(:id)).to match_array([*0..7, 10, 11, 12])
  end

  it "takes the rows of a scan" do
    table.append(orders(0..9))
    copy = create_table(path: table_path("copy"))
    expect(copy.append(table.where(country: "FR")).rows).to eq(3)
    expect(copy.to_a).to eq(table.where(country: "FR").to_a)
  end

  it "keeps no rows of a long Enumerator in memory", :native do
    ended = ruby(<<~RUBY, limit: 120)
      table = DeltaLake.create(#{table_path.inspect}, schema: { id: :long, text: :string })
      rows = ->(n) { Enumerator.new { |y| n.times { |i| y << { id: i, text: "x" * 100 } } } }
      table.append(rows.(20_000))
      GC.start
      before = rss
      alive = 0
      table.append(rows.(300_000).each_with_index.lazy.map { |row, i|
        alive = [alive, ObjectSpace.count_objects[:T_HASH]].max if (i % 50_000).zero?
        row
      })
      puts (rss - before) / 1024 / 1024, alive, table.count
    RUBY
    expect(ended).to have_succeeded
    grown, hashes, count = ended.out.split.map { |text| Integer(text) }
    expect(count).to eq(320_000)
    expect(hashes).to be < 150_000
    expect(grown).to be < 100
  end

  it "splits by partition" do
    table = create_table(path: table_path("split"), partition_by: [:country])
    expect(table.append(orders(0..8)).files).to eq(3)
    expect(files_on_disk(table_path("split")).map do |file|
             File.dirname(file)
           end).to eq(%w[country=DE country=FR country=US])
  end

  it "makes no commit of nothing" do
    [[], [].each, Enumerator.new { nil }].each do |rows|
      commit = table.append(rows)
      expect(commit).to have_attributes(version: 0, rows: 0, files: 0, bytes: 0, attempts: 0, skipped?: true)
    end
    expect(table.append([], once: "key")).to be_skipped
    expect(table.append(orders(1..1), once: "key")).not_to be_skipped
    expect(versions_on_disk).to eq([0, 1])
  end

  it "keeps metadata" do
    table.append(orders(1..1), metadata: { "source" => "spec", n: [1, nil] })
    expect(table.history.first.user_metadata).to eq({ "source" => "spec", "n" => [1, nil] })
    expect(actions(1).find do |action|
             action["commitInfo"]
           end["commitInfo"]["userMetadata"]).to eq('{"source":"spec","n":[1,null]}')
  end

  it "ignores unknown columns on request" do
    table.append([{ id: 1, nope: 2 }], on_unknown: :ignore)
    expect(table.first.keys).to eq(%i[id country price])
  end

  it "leaves bad rows out on request" do
    seen = []
    rows = (0...2500).map { |id| { id: (id % 1000) == 7 ? "bad" : id } }
    commit = table.append(rows, on_bad_row: ->(row, error) { seen << [row, error] })
    expect(commit).to have_attributes(rows: 2497, metrics: include(bad_rows: 3))
    expect(seen.map(&:first)).to eq([{ id: "bad" }] * 3)
    expect(seen.map { |_, error| error.message[/row \d+/] }).to eq(["row 7", "row 1007", "row 2007"])
    expect(seen.map(&:last)).to all(be_a(DeltaLake::SchemaMismatchError))
    expect(table.pluck(:id).sort).to eq((0...2500).reject { |id| id % 1000 == 7 })
  end

  it "leaves rows out that a nested null makes bad" do
    table = create_table({ id: :long, lines: [{ sku: "string not null" }] }, path: table_path("nested"))
    rows = [{ id: 1, lines: [{ sku: "a" }] }, { id: 2, lines: [{ sku: nil }] }, { id: 3, lines: [{}] },
            { id: 4, lines: nil }]
    seen = []
    expect(table.append(rows, on_bad_row: ->(row, _) { seen << row[:id] }).rows).to eq(2)
    expect(seen).to eq([2, 3])
    expect(table.pluck(:id)).to eq([1, 4])
  end

  it "stops where the callable raises, and writes nothing" do
    expect { table.append([{ id: 1 }, { id: "x" }], on_bad_row: ->(_, _) { raise KeyError, "mine" }) }
      .to raise_error(KeyError, "mine")
    expect(versions_on_disk).to eq([0])
    expect(strays).to eq([])
  end

  it "passes the caller's exceptions through, and writes nothing" do
    rows = Enumerator.new { |y| 20_000.times { |i| y << { id: i } } && raise(IOError, "mine") }
    expect { table.append(rows) }.to raise_error(IOError, "mine")
    expect(versions_on_disk).to eq([0])
    expect(strays).to eq([])
    expect(table.append(orders(1..1)).version).to eq(1)
  end

  it "appends from a handle that is behind" do
    behind = DeltaLake.open(table.uri)
    3.times { |i| table.append(orders(i..i)) }
    expect(behind.append(orders(9..9))).to have_attributes(version: 4)
    expect(behind.count).to eq(4)
  end

  it "checks its arguments before it does anything" do
    expect { table.append({ id: 1 }) }.to raise_error(TypeError, /rows is a Hash.*append\(\[row\]\)/)
    expect { table.append(nil) }.to raise_error(TypeError, /Enumerable of Hashes, got NilClass/)
    expect { table.append("x") }.to raise_error(TypeError, /got String/)
    { { once: "" } => /once is empty/, { on_unknown: :drop } => /:raise or :ignore or :add/,
      { on_bad_row: :skip } => /must be :raise or respond to call/,
      { txn: { app_id: "a" } } => /app_id and version/, { txn: { app_id: "", version: 1 } } => /empty/,
      { txn: { app_id: "a", version: -1 } } => /from 0/, { once: "a", txn: { app_id: "a", version: 1 } } => /exclude/,
      { deadline: -1 } => /deadline/, { metadata: { a: Float::NAN } } => /no JSON form/ }.each do |options, message|
      expect { table.append(orders(1..1), **options) }.to raise_error(ArgumentError, message), options.inspect
    end
    { { once: 1 } => /once must be a String/, { txn: 1 } => /txn must be a Hash/,
      { metadata: "x" } => /metadata must be/, { txn: { app_id: :a, version: 1 } } => /app_id of txn/,
      { txn: { app_id: "a", version: "1" } } => /version of txn/ }
      .each do |options, message|
      expect { table.append(orders(1..1), **options) }.to raise_error(TypeError, message), options.inspect
    end
    expect(versions_on_disk).to eq([0])
  end

  it "takes a deadline" do
    slow = Enumerator.new { |rows| 20.times { |i| (rows << { id: i }) && sleep(0.05) } }
    expect { table.append(slow, deadline: 0.2) }.to raise_error(DeltaLake::DeadlineExceededError)
    expect(versions_on_disk).to eq([0])
    expect(strays).to eq([])
    expect(table.append(orders(1..1), deadline: 60).version).to eq(1)
  end
end
