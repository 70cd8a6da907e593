# frozen_string_literal: true

require "objspace"

RSpec.describe "Conversion and the garbage collector", :convert do
  let(:fields) do
    { id: "long", big: "long", name: "string", raw: "binary", price: "decimal(20,4)", day: "date", at: "timestamp",
      ok: "boolean", x: "double", tags: array_of("string"), m: map_of("string", "decimal(10,2)"),
      s: struct_of(city: "string", at: "timestamp", days: array_of("date"), in: map_of("date", "string")) }
  end

  def row(number)
    { id: number, big: (2**62) + number, name: "name #{number} and more than fits a slot of the heap",
      raw: "r#{number}".b, price: BigDecimal(number) / 8, day: Date.new(2026, 1, 1) + number,
      at: Time.at(number, 7, :usec).utc,
      ok: number.even?, x: number / 3.0, tags: ["t#{number}", nil, "u"],
      m: { "a" => BigDecimal(number), "b#{number}" => nil },
      s: { city: "c#{number}", at: Time.at(number).utc, days: [Date.new(2026, 1, 1) + number],
           in: { Date.new(2025, 1, 1) + number => "x" } } }
  end

  def stressed
    GC.stress = true
    yield
  ensure
    GC.stress = false
  end

  it "loses nothing when every allocation collects" do
    rows = Array.new(4) { |n| row(n) }
    schema = JSON.generate(struct_of(fields))
    back = stressed { BatchHelper::BATCH.encode(schema, rows, false).rows }
    expect(back).to eq(rows)
    strings = rows.map { |r| r.transform_keys(&:to_s) }
    expect(stressed { BatchHelper::BATCH.encode(schema, strings, false).rows }).to eq(rows)
    expect(stressed { BatchHelper::BATCH.encode(schema, rows, false).columns }).to eq(rows.map(&:values).transpose)
  end

  it "loses nothing in wide rows when every allocation collects" do
    wide = (1..70).to_h { |i| ["c#{i}", i.even? ? "string" : "decimal(20,4)"] }
    row = (1..70).to_h { |i| [:"c#{i}", i.even? ? "text number #{i} beyond a slot" : BigDecimal(i) / 8] }
    expect(stressed { roundtrip(wide, [row, row.transform_keys(&:to_s)]) }).to eq([row, row])
  end

  it "words its errors when every allocation collects" do
    message = stressed { refusal(array_of(map_of("string", "long")), [{ "key" => "value" * 3 }]) }
    expect(message).to eq('row 0, column "v[0]{"key"}": expected long (an Integer), got String ("valuevaluevalue")')
  end

  it "takes literals when every allocation collects" do
    values = stressed do
      [["decimal(9,2)", BigDecimal("1.25")], ["timestamp", DateTime.new(2026)], ["string", "é".encode("UTF-16LE")]]
        .map { |type, value| DeltaLake::Native::Testing.scalar("c", type, value).last }
    end
    expect(values).to eq([BigDecimal("1.25"), Time.utc(2026), "é"])
  end

  it "keeps its Symbols and classes when the heap is compacted" do
    skip "this platform cannot compact" unless GC.respond_to?(:compact)
    # A name that was first a dynamic Symbol, which the collector could move or free.
    dynamic = "dynamic_#{rand(1 << 60)}"
    dynamic.to_sym
    rows = Array.new(50) { |n| row(n).merge(dynamic.to_sym => n) }
    batch = encode(fields.merge(dynamic => "long"), rows)
    3.times do
      GC.compact
      expect(batch.rows).to eq(rows)
      expect(encode(fields.merge(dynamic => "long"), rows).rows).to eq(rows)
    end
    GC.verify_compaction_references(toward: :empty)
    expect(batch.rows).to eq(rows)
  end

  it "loses nothing when the collector compacts as it goes" do
    skip "this platform cannot compact" unless GC.respond_to?(:auto_compact=)
    rows = Array.new(50) { |n| row(n) }
    batch = encode(fields, rows)
    before = GC.auto_compact
    begin
      GC.auto_compact = true
      20.times { GC.start && expect(batch.rows).to(eq(rows)) }
    ensure
      GC.auto_compact = before
    end
  end

  it "does not leak objects" do
    batch = encode(fields, Array.new(100) { |n| row(n) })
    count = lambda do
      GC.start
      ObjectSpace.count_objects.values_at(:T_HASH, :T_STRING, :T_ARRAY, :T_DATA).sum
    end
    batch.rows
    before = count.call
    50.times { batch.rows }
    expect(count.call - before).to be < 2_000
  end

  it "serves 8 threads at once" do
    rows = Array.new(300) { |n| row(n) }
    batch = encode(fields, rows)
    threads = Array.new(8) do
      Thread.new { Array.new(5) { batch.rows == rows && roundtrip(fields, rows) == rows } }
    end
    expect(threads.flat_map(&:value)).to all(be(true))
  end
end
