# frozen_string_literal: true

RSpec.describe "Nested values", :convert do
  let(:address) { struct_of(city: "string", zip: "long") }

  it "keeps arrays, empty ones and nils inside" do
    [[1, 2, 3], [], [nil, 1], nil].each { |v| expect(through(array_of("long"), v)).to eq(v) }
    expect(through(array_of(array_of("string")), [["a"], [], nil, ["b", nil]])).to eq([["a"], [], nil, ["b", nil]])
  end

  it "keeps maps, with frozen keys as any Hash has" do
    type = map_of("string", "long")
    [{ "a" => 1, "b" => nil }, {}, nil].each { |v| expect(through(type, v)).to eq(v) }
    expect(through(type, { a: 1 })).to eq({ "a" => 1 })
    expect(through(type, { "a" => 1 }).keys).to all(be_frozen)
    expect(through(map_of("binary", "long"), { "a".b => 1 }).keys).to all(be_frozen)
  end

  it "keeps maps whose keys are no Strings" do
    {
      "long" => { 1 => "a", 2 => "b" }, "date" => { Date.new(2026, 1, 1) => "a" },
      "timestamp" => { Time.utc(2026, 1, 1) => "a" }, "decimal(5,2)" => { BigDecimal("1.5") => "a" },
      "boolean" => { true => "a", false => "b" }
    }.each { |key, value| expect(through(map_of(key, "string"), value)).to eq(value) }
  end

  it "keeps maps of more pairs than go in at once" do
    value = (1..100).to_h { |i| ["key #{i}", i] }
    expect(through(map_of("string", "long"), value)).to eq(value)
  end

  it "keeps structs, with Symbol keys" do
    expect(through(address, { city: "Rome", zip: 1 })).to eq({ city: "Rome", zip: 1 })
    expect(through(address, { "city" => "Rome" })).to eq({ city: "Rome", zip: nil })
    expect(through(address, nil)).to be_nil
  end

  it "keeps a null struct whose fields may not be null" do
    type = { type: "struct", fields: [field(:a, "long", null: false)] }
    expect(roundtrip({ v: type }, [{ v: nil }, { v: { a: 1 } }])).to eq([{ v: nil }, { v: { a: 1 } }])
  end

  it "keeps deep mixtures" do
    type = array_of(map_of("string", struct_of(at: "timestamp", tags: array_of("string"), inner: address)))
    value = [
      { "x" => { at: Time.utc(2026, 1, 1), tags: ["a", nil], inner: { city: "Rome", zip: 1 } }, "y" => nil },
      nil, {}, { "z" => { at: nil, tags: [], inner: nil } }
    ]
    rows = Array.new(50) { |i| { v: i.even? ? value : nil } }
    expect(roundtrip({ v: type }, rows)).to eq(rows)
  end
end
