# frozen_string_literal: true

require "set"

RSpec.describe "where" do
  let(:schema) do
    { id: "long not null", name: :string, price: "decimal(12,2)", score: :double, day: :date, at: :timestamp,
      ok: :boolean, raw: :binary, address: { city: :string, geo: { lat: :double } }, tags: [:string] }
  end

  let(:table) do
    rows = [
      { id: 1, name: "a", price: "1.50", score: 1.5, day: "2026-01-01", at: "2026-01-01T00:00:00Z", ok: true,
        raw: "\x00", address: { city: "Paris", geo: { lat: 48.8 } }, tags: ["x"] },
      { id: 2, name: "b", price: "2", score: Float::NAN, day: "2026-01-02", at: "2026-01-02T12:00:00Z", ok: false,
        raw: "\xFF".b, address: { city: nil, geo: nil } },
      { id: 3, name: nil, price: nil, score: nil, day: nil, at: nil, ok: nil, address: nil }
    ]
    create_table(schema).tap { |table| table.append(rows) }
  end

  def ids(conditions)
    table.where(conditions).pluck(:id).sort
  end

  {
    { id: 2 } => [2], { "name" => "a" } => [1], { name: nil } => [3], { name: %w[a b] } => [1, 2], { name: [] } => [],
    { name: ["a", nil] } => [1, 3], { name: [nil] } => [3], { name: Set["b"] } => [2], { id: [1, 3..] } => [1, 3],
    { id: 2.. } => [2, 3], { id: ..2 } => [1, 2], { id: ...2 } => [1], { id: 1...3 } => [1, 2],
    { id: nil..nil } => [1, 2, 3],
    { id: 2..1 } => [], { id: 1.5.. } => [2, 3], { id: 1.5 } => [], { id: 2**70 } => [], { id: ..(2**70) } => [1, 2, 3],
    { price: 2 } => [2], { price: BigDecimal("1.5") } => [1], { price: 1.6.. } => [2],
    { score: 1.5 } => [1], { score: Float::NAN } => [2], { score: 1 } => [], { ok: true } => [1],
    { ok: [true, false] } => [1, 2],
    { day: Date.new(2026, 1, 2) } => [2], { day: "2026-01-01" } => [1], { day: Date.new(2026, 1, 2).. } => [2],
    { at: Time.utc(2026, 1, 1) } => [1], { at: Time.utc(2026, 1, 1)...Time.utc(2026, 1, 2, 12) } => [1],
    { at: "2026-01-02T13:00:00+01:00" } => [2], { at: Date.new(2026, 1, 2).. } => [2],
    { name: :b } => [2], { raw: "\xFF".b } => [2], { address: { city: "Paris" } } => [1],
    { address: { city: nil } } => [2, 3], { address: nil } => [3], { address: { geo: { lat: 48.. } } } => [1],
    { name: "a", id: 2 } => [], {} => [1, 2, 3]
  }.each do |conditions, expected|
    it("finds #{expected} for #{conditions}") { expect(ids(conditions)).to eq(expected) }
  end

  it "meets the conditions of every call" do
    expect(table.where(id: 1..2).where(name: "b").pluck(:id)).to eq([2])
  end

  it "refuses what cannot be compared, at once" do
    expect { table.where(nope: 1) }.to raise_error(ArgumentError, /nope.*id, name, price/)
    expect { table.where(address: { nope: 1 }) }.to raise_error(ArgumentError, /nope/)
    expect { table.where(id: "x") }.to raise_error(ArgumentError, /id.*long.*String \("x"\)/)
    expect { table.where(ok: 1) }.to raise_error(ArgumentError, /ok.*boolean.*Integer/)
    expect { table.where(day: "yesterday") }.to raise_error(ArgumentError, /day.*date.*yesterday/)
    expect { table.where(tags: "x") }.to raise_error(ArgumentError, /tags/)
    expect { table.where(address: {}) }.to raise_error(ArgumentError, /address.*empty/)
    expect { table.where(nil) }.to raise_error(TypeError, /Hash of columns and values, or SQL text, got NilClass/)
    expect { table.where({ 1 => 2 }) }.to raise_error(TypeError, /names of columns, got Integer/)
  end

  describe "SQL text" do
    {
      "id = 2" => [2], "ID >= 2 AND name IS NULL" => [3], "name LIKE 'a%' OR id = 3" => [1, 3],
      "name NOT IN ('a')" => [2], "NOT (name = 'a')" => [2], "name <=> NULL" => [3], "id BETWEEN 2 AND 3" => [2, 3],
      "price > 1.5" => [2], "price * 2 = 3" => [1], "score = CAST('NaN' AS DOUBLE)" => [2], "ok" => [1],
      "ok IS NOT TRUE" => [2, 3], "day = '2026-01-02'" => [2], "year(day) = 2026 AND day(day) < 2" => [1],
      "at < '2026-01-01 00:00:01'" => [1], "at = TIMESTAMP '2026-01-02 13:00:00+01:00'" => [2],
      "CAST(at AS DATE) = DATE '2026-01-02'" => [2], "raw = X'ff'" => [2], "address.city = 'Paris'" => [1],
      "address.geo.lat > 48" => [1], "`address`.`city` IS NULL" => [2, 3], "size(tags) = 1" => [1],
      "CASE WHEN id < 3 THEN upper(name) ELSE 'X' END IN ('B', 'X')" => [2, 3], "coalesce(price, 0) < 1" => [3],
      "length(name) = 1" => [1, 2], "NULL" => [], "id = 1 OR NULL" => [1], "TRUE" => [1, 2, 3], "id / 0 = 1" => [],
      "concat(name, '-', id) = 'b-2' -- the second" => [2]
    }.each do |sql, expected|
      it("finds #{expected} for #{sql}") { expect(ids(sql)).to eq(expected) }
    end

    it "goes with Hashes, in any order, and with what reads a scan" do
      expect(table.where("id > 1").where(name: "b").pluck(:id)).to eq([2])
      expect(table.where(id: 1..2).where("name = 'a'").count).to eq(1)
      expect(table.snapshot.where("id = 1").select(:name).to_a).to eq([{ name: "a" }])
      expect(table.files(where: "id = 4").to_a).to be_empty
      expect(table.files(where: "id = 3").map(&:rows).to_a).to eq([3])
      expect(table.where("id > 5").explain).to include(files_pruned_by_stats: 1, files_to_read: 0)
    end

    it "shows the place of a mistake" do
      expect { table.where("id > 1 AND nope = 2") }
        .to raise_error(ArgumentError, /no column nope.*\(line 1, column 12\)\n  id > 1 AND nope = 2\n             \^/m)
      expect { table.where("id >\n") }.to raise_error(ArgumentError, /missing at the end \(line 2, column 1\)/)
      expect { table.where("frobnicate(id) = 1") }.to raise_error(ArgumentError, /function frobnicate is not supported/)
      expect { table.where("id IN (SELECT 1)") }.to raise_error(ArgumentError, /query \(SELECT\) is not possible/)
      expect { table.where("id = 1; DROP TABLE x") }.to raise_error(ArgumentError, /one expression, not statements/)
      expect { table.where("id") }.to raise_error(ArgumentError, /of type long and no condition/)
      expect { table.where(" ") }.to raise_error(ArgumentError, /blank/)
      expect { table.where("name = '\xFF'") }.to raise_error(ArgumentError, /UTF-8/)
    end

    it "fails where an integer overflows, and only for rows that count" do
      expect { table.where("id + 9223372036854775807 > 0").to_a }.to raise_error(ArgumentError, /does not fit/)
      expect(table.where("id > 9 AND id + 9223372036854775807 > 0").to_a).to be_empty
    end
  end
end
