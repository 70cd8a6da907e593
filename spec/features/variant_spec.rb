# frozen_string_literal: true

RSpec.describe "Appending to a table with variants" do
  def variants(more = {})
    nested = { type: "array", elementType: "variant", containsNull: true }
    fields = [delta_field("id", "long"), delta_field("v", "variant"), delta_field("list", nested)]
    table_with_features(fields, %w[variantType], **more)
  end

  def values
    [
      nil, true, false, 0, -1, 127, -129, 2**31, -(2**63), (2**63) - 1, 2**64, -(10**37), 1.5, -0.0, Float::INFINITY,
      BigDecimal("-12.340"), BigDecimal("0.#{'0' * 30}1"), "", "é" * 100, "\xFF\x00".b,
      Date.new(1500, 1, 1, Date::GREGORIAN),
      Time.utc(2026, 1, 2, 3, 4, 5, 678_901), [], [1, "a", nil, [true]], {}, { "b" => 1, "a" => { "ü" => [nil, 2.5] } },
      Array.new(300) { |i| i }, Array.new(300) { |i| ["k#{i}", i] }.to_h
    ]
  end

  it "gives back plain Ruby values" do
    table = variants
    rows = values.each_with_index.map { |value, id| { id: id, v: value, list: [value, nil] } }
    table.append(rows)
    found = DeltaLake.open(table_path).to_a.sort_by { |row| row[:id] }
    values.each_index { |id| expect(found[id]).to eq(rows[id]) }
    expect(found[19][:v].encoding).to eq(Encoding::BINARY)
  end

  it "takes Symbols, DateTimes, and keys that are Symbols" do
    variants.append([{ id: 1, v: { a: :b, at: DateTime.new(2026, 1, 2) } }])
    expect(DeltaLake.open(table_path).first[:v]).to eq({ "a" => "b", "at" => Time.utc(2026, 1, 2) })
  end

  it "tells null of the column from a value, in statistics" do
    variants.append([{ id: 1, v: nil }, { id: 2, v: [nil] }])
    stats = JSON.parse(actions(1).filter_map { |action| action["add"] }.first["stats"])
    expect(stats["nullCount"]).to eq({ "id" => 0, "v" => 1, "list" => 2 })
    expect(stats["minValues"]).to eq({ "id" => 1 })
  end

  it "refuses what has no place in a variant, with its place" do
    table = variants
    cyclic = []
    cyclic << cyclic
    { Object.new => /"v": expected variant/, { "a" => [1, 10**40] } => /"v\.a\[1\]": .*38 digits/, cyclic => /128 deep/,
      { a: 1, "a" => 2 } => /"a" is given twice/, { 1 => 2 } => /as the key/, "\xFF" => /UTF-8/,
      BigDecimal("NaN") => /38 digits/ }.each do |value, message|
      expect { table.append([{ id: 1, v: value }]) }.to raise_error(DeltaLake::SchemaMismatchError, message)
    end
    expect(versions_on_disk).to eq([0])
  end

  it "survives the GC", :gc do
    variants.append([{ id: 1, v: { "a" => ["b" * 100, { "c" => BigDecimal("1.5") }] } }])
    expect(DeltaLake.open(table_path).first[:v]).to eq({ "a" => ["b" * 100, { "c" => BigDecimal("1.5") }] })
  end
end
