# frozen_string_literal: true

require "json"

RSpec.describe "on_unknown: :add" do
  let(:table) { create_table({ id: :long }) }

  def types(table = DeltaLake.open(table_path))
    table.schema.fields.to_h { |field| [field.name, field.type.to_s] }
  end

  it "adds columns with the types that rows have, in the commit of the rows" do
    now = Time.utc(2026, 1, 2, 3, 4, 5)
    row = { id: 1, a: 1, b: 0.5, c: "x", d: now, e: Date.new(2026, 1, 1), f: true, g: BigDecimal("1.25"), h: [1, nil],
            i: { x: { y: "z" } }, j: "\xFF".b, k: nil }
    commit = table.append([{ id: 0 }, row], on_unknown: :add)
    expect(commit).to have_attributes(version: 1, rows: 2)
    expect(types).to eq({ id: "long", a: "long", b: "double", c: "string", d: "timestamp", e: "date", f: "boolean",
                          g: "decimal(3,2)", h: "array<long>", i: "struct<x:struct<y:string>>", j: "binary" })
    expect(table.schema.fields).to all(have_attributes(null?: true))
    expect(table.to_a).to contain_exactly(row.except(:k), types.transform_values { nil }.merge(id: 0))
    expect(actions(1).map(&:keys).flatten).to include("metaData", "add")
    table.append([{ id: 3, a: 5 }], on_unknown: :add)
    expect(actions(2).map(&:keys).flatten).not_to include("metaData")
  end

  it "adds what first comes in a later batch" do
    rows = Enumerator.new do |y|
      20_000.times { |i| y << { id: i } }
      20_000.times { |i| y << { id: i, "late" => "l#{i}" } }
      20_000.times { |i| y << { id: i, later: i } }
    end
    expect(table.append(rows, on_unknown: :add)).to have_attributes(version: 1, rows: 60_000)
    expect(types).to eq({ id: "long", late: "string", later: "long" })
    expect([table.where(late: "l19999").count, table.where(later: 7).count, table.count]).to eq([1, 1, 60_000])
    expect(table.where(late: nil).count).to eq(40_000)
  end

  it "adds fields inside of structs, arrays and maps" do
    path = table_path("nested")
    map = DeltaLake::Schema.map(:string, { x: :long })
    table = create_table({ id: :long, s: { x: :long }, l: [{ x: :long }], m: map }, path: path)
    table.append([{ id: 1, s: { x: 1 }, l: [{ x: 1 }], m: { "k" => { x: 1 } } }])
    rows = [{ id: 2, s: { y: "a" }, l: [{ x: 2, y: [true] }], m: { "k" => { y: { z: 1.5 } } } }]
    table.append(rows, on_unknown: :add)
    expect(types(DeltaLake.open(path))).to eq(
      { id: "long", s: "struct<x:long,y:string>", l: "array<struct<x:long,y:array<boolean>>>",
        m: "map<string,struct<x:long,y:struct<z:double>>>" }
    )
    expect(table.where(id: 1).first).to eq({ id: 1, s: { x: 1, y: nil }, l: [{ x: 1, y: nil }],
                                             m: { "k" => { x: 1, y: nil } } })
    expect(table.where(id: 2).first).to eq({ id: 2, s: { x: nil, y: "a" }, l: [{ x: 2, y: [true] }],
                                             m: { "k" => { x: nil, y: { z: 1.5 } } } })
  end

  it "keeps the type that came first" do
    seen = []
    rows = [{ id: 1, a: 1 }, { id: 2, a: "x" }, { id: 3, a: nil }, { id: 4, a: [] }]
    table.append(rows, on_unknown: :add, on_bad_row: ->(row, error) { seen << [row[:id], error.message] })
    expect(types).to eq({ id: "long", a: "long" })
    expect(seen).to match([[2, /row 1, column "a": expected long/], [4, /row 3, column "a"/]])
    expect { table.append([{ id: 1, b: [] }], on_unknown: :add) }
      .to raise_error(DeltaLake::SchemaMismatchError, /row 0, column "b"/)
    expect { table.append([{ id: "x", b: 1 }], on_unknown: :add) }
      .to raise_error(DeltaLake::SchemaMismatchError, /row 0, column "id"/)
    expect(types).to eq({ id: "long", a: "long" })
    expect(strays).to eq([])
  end

  it "adds no column for keys that are no names" do
    rows = [{ id: 1 }, { id: 2, counts: { 1 => 2 } }]
    expect { table.append(rows, on_unknown: :add) }
      .to raise_error(DeltaLake::SchemaMismatchError, /\Arow 1, column "counts": no such column/)
    bad = []
    expect(table.append(rows, on_unknown: :add, on_bad_row: ->(row, _) { bad << row }).rows).to eq(1)
    expect([bad, types]).to eq([[rows[1]], { id: "long" }])
  end

  it "adds columns of lines of JSON" do
    lines = Array.new(30_000) { |i| JSON.generate(i < 20_000 ? { id: i } : { id: i, late: { at: [i * 0.5], s: "s" } }) }
    lines << '{"id":1,"late":{"more":true},"n":null}' << '{"id":1,"late":5}' << '{"id":1,"e":[]}'
    seen = []
    commit = table.append_json(lines, on_unknown: :add, on_bad_row: ->(_, error) { seen << error.message })
    expect(commit.rows).to eq(30_001)
    expect(types).to eq({ id: "long", late: "struct<at:array<double>,s:string,more:boolean>" })
    expect(seen).to match([/line 30002, column "late": expected an object/, /line 30003, column "e": no such column/])
    expect(table.where(id: 25_000).first).to eq({ id: 25_000, late: { at: [12_500.0], s: "s", more: nil } })
    expect(table.count).to eq(30_001)
  end

  it "adds columns of Arrow streams, by their types" do
    source = create_table({ id: :long, b: :byte, p: "decimal(5,2)", t: [{ x: :date }] }, path: table_path("source"))
    rows = [{ id: 1, b: 2, p: BigDecimal("1.5"), t: [{ x: Date.new(2026, 1, 1) }] }]
    source.append(rows)
    table.append(source, on_unknown: :add)
    expect(types).to eq({ id: "long", b: "byte", p: "decimal(5,2)", t: "array<struct<x:date>>" })
    expect(table.to_a).to eq(rows)
  end

  it "rides over who adds the same, and not over who adds something else" do
    same = Array.new(4) { DeltaLake.open(table.uri) }
    threads = same.map.with_index { |t, i| Thread.new { t.append([{ id: i, a: i }], on_unknown: :add) } }
    expect(threads.map { |thread| thread.value.version }.sort).to eq([1, 2, 3, 4])
    expect(types).to eq({ id: "long", a: "long" })
    behind = DeltaLake.open(table.uri)
    table.append([{ id: 1, c: "text" }], on_unknown: :add)
    expect { behind.append([{ id: 1, c: 5 }], on_unknown: :add) }
      .to raise_error(DeltaLake::CommitConflictError) { |e| expect(e.kind).to eq(:metadata_changed) }
    expect(strays).to eq([])
    expect(behind.refresh.append([{ id: 1, c: "x" }], on_unknown: :add)).to have_attributes(rows: 1)
  end

  it "refuses columns of the change data feed where there is one" do
    feed = create_table({ id: :long }, path: table_path("feed"), properties: { "delta.enableChangeDataFeed" => true })
    %i[_change_type _commit_version _COMMIT_TIMESTAMP].each do |name|
      expect { feed.append([{ :id => 1, name => 1 }], on_unknown: :add) }
        .to raise_error(DeltaLake::SchemaMismatchError, /#{name}.*change data feed/)
      table.append([{ :id => 1, name => 1 }], on_unknown: :add)
    end
    expect(versions_on_disk(feed.uri)).to eq([0])
    expect(feed.append([{ id: 1, note: 2 }], on_unknown: :add).version).to eq(1)
  end

  it "refuses what needs a feature that the table lacks, and names that no table has" do
    source = create_table({ id: :long, wall: :timestamp_ntz }, path: table_path("source"))
    expect { table.append(source, on_unknown: :add) }
      .to raise_error(DeltaLake::UnsupportedFeatureError, /column wall cannot be added.*timestampNtz/)
    [{ "a b" => 1 }, { ID: 1 }].each do |row|
      expect { table.append([row.merge(id: 1)], on_unknown: :add) }.to raise_error(DeltaLake::SchemaMismatchError)
    end
    expect(versions_on_disk).to eq([0])
  end
end
