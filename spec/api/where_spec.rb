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
    expect { table.where("id > 1") }.to raise_error(TypeError, /Hash of columns and values, got String/)
    expect { table.where(nil) }.to raise_error(TypeError, /NilClass/)
    expect { table.where({ 1 => 2 }) }.to raise_error(TypeError, /names of columns, got Integer/)
  end
end
