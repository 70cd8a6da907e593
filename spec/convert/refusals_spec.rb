# frozen_string_literal: true

RSpec.describe "Values that do not fit", :convert do
  {
    ["boolean", 1] => "expected true or false, got Integer (1)",
    %w[boolean true] => 'expected true or false, got String ("true")',
    ["byte", 128] => "expected byte (8 bits), got Integer (128)",
    ["short", -32_769] => "expected short (16 bits), got Integer (-32769)",
    ["integer", 2**31] => "expected integer (32 bits), got Integer (2147483648)",
    ["long", 2**63] => "expected long (64 bits), got Integer (9223372036854775808)",
    ["long", -(2**63) - 1] => "expected long (64 bits), got Integer (-9223372036854775809)",
    ["long", 2**64] => "expected long (64 bits), got Integer (18446744073709551616)",
    ["long", 1.0] => "expected long (an Integer), got Float (1.0)",
    %w[long 42] => 'expected long (an Integer), got String ("42")',
    ["long", true] => "expected long (an Integer), got TrueClass (true)",
    ["double", "1.5"] => 'expected double (a Float), got String ("1.5")',
    ["double", (2**53) + 1] =>
      "expected double, which cannot hold this Integer exactly, got Integer (9007199254740993)",
    ["float", (2**24) + 1] => "expected float, which cannot hold this Integer exactly, got Integer (16777217)",
    ["float", 1e39] => "expected float (32 bits), got Float (1.0e+39)",
    ["decimal(5,2)", BigDecimal("1.234")] => "expected decimal(5,2) with no digit lost, got BigDecimal (0.1234e1)",
    ["decimal(5,2)", 1000] => "expected decimal(5,2) with no digit lost, got Integer (1000)",
    ["decimal(5,2)", "1000.00"] => 'expected decimal(5,2) with no digit lost, got String ("1000.00")',
    ["decimal(5,2)", 1.5] =>
      "expected decimal(5,2) (a BigDecimal, a decimal String or an Integer), got Float (1.5)",
    ["decimal(5,2)", BigDecimal("NaN")] => "expected decimal(5,2), got BigDecimal (NaN)",
    ["decimal(5,2)", BigDecimal("1e999999999")] =>
      "expected decimal(5,2) with no digit lost, got BigDecimal (0.1e1000000000)",
    ["decimal(5,2)", BigDecimal("-Infinity")] => "expected decimal(5,2), got BigDecimal (-Infinity)",
    ["decimal(5,2)", "1,5"] => 'expected decimal(5,2), got String ("1,5")',
    ["decimal(5,2)", ""] => 'expected decimal(5,2), got String ("")',
    ["decimal(38,0)", 10**38] =>
      "expected decimal(38,0) with no digit lost, got Integer (#{10**38})",
    ["decimal(38,0)", 10**60] =>
      "expected decimal(38,0) with no digit lost, got Integer (#{10**60})",
    ["string", 42] => "expected string, got Integer (42)",
    ["string", "\xff"] => 'expected string in valid UTF-8, got String ("\\xFF")',
    ["string", "\xff".b] => 'expected string in valid UTF-8, got String ("\\xFF")',
    ["binary", :symbol] => "expected binary (a String), got Symbol (:symbol)",
    ["date", 20_000] => 'expected date (a Date, or a String as "2026-01-31"), got Integer (20000)',
    %w[date 2026-02-30] => 'expected date (a Date, or a String as "2026-01-31"), got String ("2026-02-30")',
    ["date", "2026-01-31T00:00:00Z"] =>
      'expected date (a Date, or a String as "2026-01-31"), got String ("2026-01-31T00:00:00Z")',
    ["date", Time.utc(2026)] =>
      'expected date (a Date, or a String as "2026-01-31"), got Time (2026-01-01 00:00:00 UTC)',
    ["date", DateTime.new(2026, 1, 1, 12)] =>
      "expected date, without a time of day, got DateTime (INSPECTED)",
    ["timestamp", 0] => 'expected timestamp (a Time, or a String as "2026-01-31T12:00:00Z"), got Integer (0)',
    ["timestamp", Date.new(2026)] =>
      'expected timestamp (a Time, or a String as "2026-01-31T12:00:00Z"), got Date (INSPECTED)',
    %w[timestamp 2026-01-31] =>
      'expected timestamp (a Time, or a String as "2026-01-31T12:00:00Z"), got String ("2026-01-31")',
    ["timestamp", "2026-01-31T12:00:00"] =>
      'expected timestamp with a zone ("Z" or "+02:00" at the end), got String ("2026-01-31T12:00:00")',
    ["timestamp", Time.utc(300_000)] =>
      "expected a time within 292,000 years of 1970, got Time (300000-01-01 00:00:00 UTC)",
    ["timestamp_ntz", "2026-01-31T12:00:00Z"] =>
      'expected timestamp_ntz without a zone, got String ("2026-01-31T12:00:00Z")',
    ["timestamp_ntz", 1.5] =>
      'expected timestamp_ntz (a Time, or a String as "2026-01-31T12:00:00"), got Float (1.5)',
    ["void", 1] => "expected nil (the column is of type void), got Integer (1)"
  }.each do |(type, value), message|
    it "#{type} from #{value.class} #{value.inspect[0, 30]}" do
      # ActiveSupport has dates look otherwise, once it is loaded.
      expect(refusal(type, value)).to eq(message.sub("INSPECTED") { value.inspect })
    end
  end

  it "as times that no 64 bits count" do
    expect(refusal("timestamp", Time.at(2**70))).to start_with("expected a time within 292,000 years of 1970, got Time")
    expect(refusal("timestamp", DateTime.new(3_000_000_000))).to start_with("expected a time within 292,000 years")
    expect(refusal("timestamp_ntz", Time.at(-(2**62)))).to start_with("expected a time within 292,000 years of 1970")
    expect(refusal("date", Date.new(10**12))).to start_with("expected date")
  end

  ["2026-01-31T25:00:00Z", "2026-01-31T12:60:00Z", "2026-1-31T12:00:00Z", "2026-01-31T12:00:00.Z", "2026-01-31T",
   "2026-01-31T12:00:00+2", "2026-01-31T12:00:00+02:00x", "2026-01-31T12:00:00 Z", "tomorrow", "", "9",
   "20260131T120000Z", "2026-01-31T12:00:00é"].each do |text|
    it "as text that is no time: #{text.inspect}" do
      expect(refusal("timestamp", text)).to start_with("expected timestamp (a Time")
    end
  end

  it "by the path to them" do
    fields = { address: struct_of(city: "string"), tags: array_of("string"), m: map_of("string", "long"),
               deep: array_of(struct_of(at: map_of("long", array_of("date")))) }
    {
      { address: { city: 42 } } => 'row 1, column "address.city": expected string, got Integer (42)',
      { address: "Rome" } => 'row 1, column "address": expected a Hash (struct), got String ("Rome")',
      { tags: ["a", 5] } => 'row 1, column "tags[1]": expected string, got Integer (5)',
      { tags: "a" } => 'row 1, column "tags": expected an Array, got String ("a")',
      { m: { "x" => "y" } } => %(row 1, column "m{"x"}": expected long (an Integer), got String ("y")),
      { m: { 5 => 5 } } => 'row 1, column "m.key": expected string, got Integer (5)',
      { m: { nil => 5 } } => 'row 1, column "m.key": nil, but the schema has it as not null',
      { m: [] } => 'row 1, column "m": expected a Hash (map), got Array ([])',
      { m: { :a => 1, "a" => 2 } } => 'row 1, column "m": the key "a" is given twice, as a Symbol and as a String',
      { deep: [nil, { at: { 7 => [Date.new(2026), 0] } }] } =>
        'row 1, column "deep[1].at{7}[1]": expected date (a Date, or a String as "2026-01-31"), got Integer (0)'
    }.each do |row, message|
      expect { roundtrip(fields, [{}, row]) }.to raise_error(DeltaLake::SchemaMismatchError, message)
    end
  end

  it "where two keys of a Hash are one to the map" do
    day = Date.new(2026, 1, 31)
    { "double" => { 1 => 10, 1.0 => 20 }, "float" => { 0.1 => 1, 0.1.next_float => 2 },
      "date" => { day => 1, day.to_s => 2 }, "timestamp" => { Time.at(0) => 1, Time.at(0, 1, :nsec) => 2 },
      "decimal(4,2)" => { "1.0" => 1, 1 => 2 },
      "binary" => { "é" => 1, "é".b => 2 } }.each do |type, hash|
      expect { roundtrip({ m: map_of(type, "long") }, [{}, { m: hash }]) }
        .to raise_error(DeltaLake::SchemaMismatchError, 'row 1, column "m": two keys are one to the column'), type
    end
  end

  it "as nil where the schema has not null, at any depth" do
    refused = lambda do |field_or_type, row|
      roundtrip({ v: field_or_type }, [row])
      nil
    rescue DeltaLake::SchemaMismatchError => e
      e.message
    end
    words = "nil, but the schema has it as not null"
    expect(refused.call(field(:v, "long", null: false), { v: nil })).to eq(%(row 0, column "v": #{words}))
    expect(refused.call(field(:v, "long", null: false), {})).to eq(%(row 0, column "v": #{words}))
    expect(refused.call(array_of("long", null: false), { v: [1, nil] })).to eq(%(row 0, column "v[1]": #{words}))
    expect(refused.call(map_of("string", "long", null: false), { v: { "a" => nil } }))
      .to eq(%(row 0, column "v{"a"}": #{words}))
    expect(refused.call({ type: "struct", fields: [field(:a, "long", null: false)] }, { v: {} }))
      .to eq(%(row 0, column "v.a": #{words}))
  end

  it "with a short text, however long the value" do
    expect(refusal("long", "x" * 10_000_000).length).to be < 150
    expect(refusal("long", ["x"] * 100_000)).to eq("expected long (an Integer), got Array (100000 elements)")
    expect(refusal("long", { a: "é" * 200 }).length).to be < 150
    expect(refusal("long", "é" * 100)).to eq(%(expected long (an Integer), got String ("#{"é" * 78}…)))
  end

  it "though their inspect raises, or they have none" do
    raising = Class.new do
      def self.to_s = "Raising"
      def inspect = raise("no")
    end
    expect(refusal("long", raising.new)).to eq("expected long (an Integer), got Raising")
    expect(refusal("long", BasicObject.new)).to eq("expected long (an Integer), got BasicObject")
    expect(refusal("timestamp", BasicObject.new)).to include("got BasicObject")
  end
end
