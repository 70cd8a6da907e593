# frozen_string_literal: true

require_relative "every_type"
require_relative "python"

RSpec.describe "What Python deltalake reads of our tables", :python do
  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  def create(schema, name = "table", **options)
    DeltaLake.create(File.join(@folder, name), schema: schema, **options)
  end

  def expect_same(table, rows, read: python("read.py", table.uri).first)
    expect(read["schema"]).to eq(JSON.parse(table.schema.to_json))
    expect(read["version"]).to eq(table.version)
    expect(read["rows"]).to eq(CanonicalRows.new(read["schema"]).lines(rows))
  end

  it "is every row of every type" do
    table = create(EveryType::SCHEMA)
    table.append(EveryType.rows)
    expect_same(table, EveryType.rows)
  end

  it "is each append at its version" do
    table = create(EveryType::SCHEMA)
    rows = EveryType.rows
    rows.each { |row| table.append([row]) }
    6.times do |version|
      read = python("read.py", table.uri, "--version", version).first
      expect(read["rows"]).to eq(CanonicalRows.new(read["schema"]).lines(rows.take(version)))
    end
  end

  it "is a row of nothing but nil" do
    table = create(EveryType::SCHEMA)
    table.append([{}])
    expect_same(table, [EveryType::SCHEMA.keys.to_h { |name| [name, nil] }])
  end

  it "is an empty table" do
    expect_same(create(EveryType::SCHEMA), [])
  end

  it "is what floats have beyond numbers" do
    table = create({ id: :long, f: :float, d: :double })
    rows = [Float::NAN, Float::INFINITY, -Float::INFINITY, -0.0].each_with_index.map { |x, id| { id: id, f: x, d: x } }
    table.append(rows)
    expect_same(table, rows)
  end

  # Its dataset reads -1.5 in a partition as "-1.-5".
  def engines(columns)
    columns.any? { |column| column.end_with?("decimal") } ? ["--query"] : []
  end

  EveryType::PRIMITIVE.each do |column|
    it "is every row of a table partitioned by #{column}" do
      table = create(EveryType::SCHEMA, partition_by: [column])
      table.append(EveryType.rows)
      expect_same(table, EveryType.rows, read: python("read.py", table.uri, *engines([column])).first)
      expect(DeltaLake.open(table.uri).to_a).to match_array(table.to_a)
    end
  end

  it "is every row of a table partitioned by several columns" do
    table = create(EveryType::SCHEMA, partition_by: %i[string timestamp big_decimal])
    table.append(EveryType.rows)
    read = python("read.py", table.uri, *engines(table.partition_by)).first
    expect_same(table, EveryType.rows, read: read)
    expect(read["partition_by"]).to eq(%w[string timestamp big_decimal])
  end

  it "is every partition with a name that paths cannot hold" do
    names = [" ", "a b", "%", "%2F", "/", "a/../b", "..", ":", "=", "a=b/c=d", "ü", "日本", "'", "\"", "\n", "\\",
             "?#&+~", "{}[]^|<>*", "\u0001\u007f", ".", "null", "__HIVE_DEFAULT_PARTITION__x", "x" * 200]
    table = create({ id: :long, name: :string }, partition_by: [:name])
    rows = names.each_with_index.map { |name, id| { id: id, name: name } }
    table.append(rows)
    expect_same(table, rows)
    names.each { |name| expect(table.where(name: name).pluck(:id)).to eq([names.index(name)]) }
  end

  it "is no value where a partition's is empty, which Delta cannot tell from none" do
    table = create({ id: :long, name: :string }, partition_by: [:name])
    table.append([{ id: 1, name: "" }, { id: 2, name: nil }])
    nothing = [{ id: 1, name: nil }, { id: 2, name: nil }]
    expect_same(table, nothing)
    expect(table.to_a).to match_array(nothing)
  end

  it "is names of columns with other characters" do
    table = create({ größe: :long, 日本: :string, "a-b": { "x:y": :long } })
    rows = [{ größe: 1, 日本: "x", "a-b": { "x:y": 2 } }]
    table.append(rows)
    expect_same(table, rows)
  end

  it "is the same from its checkpoint of our log" do
    table = create(EveryType::SCHEMA, partition_by: %i[date])
    3.times { table.append(EveryType.rows) }
    python("checkpoint.py", table.uri)
    Dir[File.join(table.uri, "_delta_log", "0*[0-3].json")].each { |commit| File.delete(commit) }

    expect_same(table, EveryType.rows * 3)
    expect(CanonicalRows.new(JSON.parse(table.schema.to_json)).lines(DeltaLake.open(table.uri).to_a))
      .to eq(python("read.py", table.uri).first["rows"])
    DeltaLake.open(table.uri).append(EveryType.rows.take(1))
    expect_same(table.refresh, (EveryType.rows * 3) + EveryType.rows.take(1))
  end

  it "is what we append to a table of its own, and goes on there" do
    uri = File.join(@folder, "table")
    before = python("write.py", "append", uri).first["rows"].fetch("0")
    table = DeltaLake.open(uri)
    table.append(table.to_a)
    expect(python("read.py", uri).first["rows"]).to eq((before * 2).sort)
    python("append.py", uri)
    expect(CanonicalRows.new(JSON.parse(table.schema.to_json)).lines(table.refresh.to_a)).to eq((before * 4).sort)
  end
end
