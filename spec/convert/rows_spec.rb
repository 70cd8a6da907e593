# frozen_string_literal: true

RSpec.describe "Rows", :convert do
  let(:fields) { { id: "long", name: "string" } }

  def message
    yield
  rescue DeltaLake::SchemaMismatchError => e
    e.message
  end

  it "take Symbol keys, String keys and both, row by row" do
    rows = [{ id: 1, name: "a" }, { "id" => 2, "name" => "b" }, { :id => 3, "name" => "c" }, { "name" => "d", id: 4 },
            { name: "e", id: 5 }]
    expect(roundtrip(fields, rows)).to eq(
      [{ id: 1, name: "a" }, { id: 2, name: "b" }, { id: 3, name: "c" }, { id: 4, name: "d" }, { id: 5, name: "e" }]
    )
  end

  it "have nil where a key is missing, and come back in the schema's order" do
    expect(roundtrip(fields, [{ name: "a" }, {}])).to eq([{ id: nil, name: "a" }, { id: nil, name: nil }])
    expect(roundtrip(fields, [{ name: "a", id: 1 }]).first.keys).to eq(%i[id name])
  end

  it "may be none" do
    expect(roundtrip(fields, [])).to eq([])
  end

  it "of a Hash by identity or with a default are taken by their pairs" do
    by_identity = {}.compare_by_identity.merge!("id" => 1, "name" => "a")
    expect(roundtrip(fields, [by_identity])).to eq([{ id: 1, name: "a" }])
    expect(roundtrip(fields, [Hash.new { |_, key| raise key.to_s }])).to eq([{ id: nil, name: nil }])
  end

  it "of a subclass of Hash are rows" do
    expect(roundtrip(fields, [Class.new(Hash).new.merge!("id" => 1)])).to eq([{ id: 1, name: nil }])
  end

  it "with non-ASCII and odd column names" do
    odd = { "größe" => "long", "a b" => "long", "9" => "long", "Class" => "long" }
    row = odd.keys.to_h { |name| [name, 7] }
    expect(roundtrip(odd, [row, row.transform_keys(&:to_sym)])).to eq([row.transform_keys(&:to_sym)] * 2)
  end

  [31, 32, 33, 65, 200].each do |width|
    it "of #{width} columns keep every one" do
      wide = (1..width).to_h { |i| ["c#{i}", "long"] }
      row = wide.keys.each_with_index.to_h { |name, i| [name.to_sym, i] }
      rows = [row, row.except(:c3), row.transform_keys(&:to_s)]
      expect(roundtrip(wide, rows)).to eq([row, row.merge(c3: nil), row])
    end
  end

  it "are refused with an unknown key, which is named with the columns" do
    expect(message { roundtrip(fields, [{ id: 1 }, { id: 1, nmae: "x" }]) })
      .to eq('row 1, column "nmae": no such column in the schema, which has id, name')
    expect(message { roundtrip(fields, [{ "nmae" => "x" }]) }).to start_with('row 0, column "nmae": no such column')
    expect(message { roundtrip(fields, [{ 42 => "x" }]) })
      .to eq("row 0: the key Integer (42) names no column; the schema has id, name")
    expect(message { roundtrip(fields, [{ nil => "x" }]) }).to include("the key nil names no column")
    expect(message { roundtrip({ address: struct_of(city: "string") }, [{ address: { zzz: 1 } }]) })
      .to eq('row 0, column "address.zzz": no such column in the schema, which has city')
  end

  it "have unknown keys passed over on request" do
    rows = [{ id: 1, nmae: "x" }, { "id" => 2, 42 => 1 }, { id: 3, name: "c", "other" => 1 }]
    expect(roundtrip(fields, rows, ignore: true).map { |r| r[:id] }).to eq([1, 2, 3])
    expect(roundtrip({ s: struct_of(a: "long") }, [{ s: { a: 1, b: 2 } }], ignore: true)).to eq([{ s: { a: 1 } }])
  end

  it "are refused where a column is given in both forms" do
    [false, true].each do |ignore|
      expect(message { roundtrip(fields, [{ :id => 1, "id" => 2 }], ignore: ignore) })
        .to eq('row 0, column "id": given twice, with a Symbol key and with a String key')
    end
  end

  it "are refused where they are no Hash" do
    expect(message { roundtrip(fields, [{ id: 1 }, [1, "a"]]) }).to eq('row 1: expected a Hash, got Array ([1, "a"])')
  end

  describe "one by one" do
    let(:schema) do
      JSON.generate(struct_of(id: "long", tags: array_of("string"), m: map_of("string", "long"),
                              s: struct_of(a: "long", b: array_of("date"))))
    end

    it "leave nothing behind when they are refused" do
      good = { id: 1, tags: %w[a b], m: { "x" => 1 }, s: { a: 1, b: [Date.new(2026, 1, 1)] } }
      bad = [
        good.merge(id: "1"), good.merge(tags: ["a", 1]), good.merge(m: { "x" => 1, "y" => "z" }),
        good.merge(m: { "x" => 1, 3 => 1 }), good.merge(s: { a: 1, b: [Date.new(2026, 1, 1), 5] }),
        good.merge(s: { a: 1, c: 2 }), 5
      ]
      rows = bad.flat_map { |row| [good, row, {}, row] }
      messages = []
      batch = DeltaLake::Native::Testing::Batch.encode_each(schema, rows, messages, false)
      empty = { id: nil, tags: nil, m: nil, s: nil }
      expect(batch.rows).to eq([good, empty] * bad.size)
      expect(messages.size).to eq(2 * bad.size)
      expect(messages.first(4).map { |m| m[/column "(.*?)":/, 1] }).to eq(["id", "id", "tags[1]", "tags[1]"])
    end
  end

  it "let through an exception that their own code raises" do
    time = Class.new { def to_time = raise(IOError, "closed") }.new
    expect { roundtrip({ v: "timestamp" }, [{ v: time }]) }.to raise_error(IOError, "closed")
    interrupted = Class.new { def inspect = raise(Interrupt) }.new
    expect { roundtrip({ v: "long" }, [{ v: interrupted }]) }.to raise_error(Interrupt)
  end

  it "fill batches up to a bound" do
    text = "x" * (1 << 20)
    schema = JSON.generate(struct_of(v: "string"))
    counts = DeltaLake::Native::Testing::Batch.slices(schema, Array.new(200) { { v: text } })
    expect(counts.sum).to eq(200)
    expect(counts.max).to be <= 64
  end

  it "survive being changed while they are read" do
    rows = [{ v: nil }, { v: Time.at(0) }]
    rows[0][:v] = Class.new { define_method(:to_time) { rows.clear && Time.at(1) } }.new
    expect(roundtrip({ v: "timestamp" }, rows)).to eq([{ v: Time.at(1) }])
  end
end
