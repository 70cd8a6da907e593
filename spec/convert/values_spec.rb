# frozen_string_literal: true

RSpec.describe "Values there and back", :convert do
  it "keeps booleans" do
    expect([true, false, nil].map { |v| through("boolean", v) }).to eq([true, false, nil])
  end

  {
    "byte" => [-128, 127], "short" => [-32_768, 32_767], "integer" => [-(2**31), (2**31) - 1],
    "long" => [-(2**63), -(2**62) - 1, -1, 0, 2**62, (2**63) - 1]
  }.each do |type, values|
    it "keeps the ends of #{type}" do
      expect(values.map { |v| through(type, v) }).to eq(values)
    end
  end

  it "keeps doubles, infinite ones too" do
    values = [0.0, -0.0, 1.5, 5e-324, 1.7e308, Float::INFINITY, -Float::INFINITY, 1.0 / 3]
    expect(values.map { |v| through("double", v) }).to eq(values)
    expect(through("double", -0.0).to_s).to eq("-0.0")
    expect(through("double", Float::NAN)).to be_nan
  end

  it "rounds a Float to 32 bits in a float column" do
    expect(through("float", 0.1)).to eq([0.1].pack("f").unpack1("f"))
    expect(through("float", Float::INFINITY)).to eq(Float::INFINITY)
    expect(through("float", Float::NAN)).to be_nan
  end

  it "takes Integers for floats where they are exact" do
    expect(through("double", 2**53)).to eql(9_007_199_254_740_992.0)
    expect(through("double", 2**80)).to eql(2.0**80)
    expect(through("float", 2**24)).to eql(16_777_216.0)
  end

  it "keeps decimals exactly" do
    texts = %w[0 1 -1 0.01 -0.01 1234567890.12 -9999999999.99]
    expect(texts.map { |t| through("decimal(12,2)", BigDecimal(t)) }).to eq(texts.map { |t| BigDecimal(t) })
    expect(through("decimal(12,2)", BigDecimal("12.50"))).to be_a(BigDecimal)
    expect(through("decimal(12,2)", "12.50")).to eq(BigDecimal("12.5"))
    expect(through("decimal(12,2)", "-1.2e3")).to eq(-1200)
    expect(through("decimal(12,2)", 42)).to eq(42)
  end

  it "keeps decimals of all 38 digits" do
    whole = BigDecimal("9" * 38)
    small = BigDecimal("-0.#{"9" * 38}")
    expect(through("decimal(38,0)", whole)).to eq(whole)
    expect(through("decimal(38,38)", small)).to eq(small)
    expect(through("decimal(38,0)", -(10**37))).to eq(-(10**37))
  end

  it "gives strings in UTF-8, whatever they came in" do
    expect(through("string", "día €")).to eq("día €")
    expect(through("string", "día".encode("ISO-8859-1"))).to eq("día")
    expect(through("string", "día".encode("UTF-16LE"))).to eq("día")
    expect(through("string", "día".b)).to eq("día")
    expect(through("string", :symbol)).to eq("symbol")
    expect(through("string", "")).to eq("")
    expect(through("string", "x").encoding).to eq(Encoding::UTF_8)
    expect(through("string", "x")).not_to be_frozen
  end

  it "keeps the bytes of binary" do
    bytes = (0..255).map(&:chr).join.b
    expect(through("binary", bytes)).to eq(bytes)
    expect(through("binary", "é").encoding).to eq(Encoding::BINARY)
    expect(through("binary", "é")).to eq("é".b)
  end

  it "shares nothing between rows that can be changed" do
    first, second = roundtrip({ v: "string" }, [{ v: "a" }, { v: "a" }])
    first[:v] << "b"
    expect(second[:v]).to eq("a")
  end

  describe "dates" do
    it "keeps days near and far" do
      days = [Date.new(2026, 1, 31), Date.new(1970, 1, 1), Date.new(1969, 12, 31), Date.new(9999, 12, 31)]
      expect(days.map { |d| through("date", d) }).to eq(days)
    end

    it "counts in the Gregorian calendar before 1582 too" do
      expect(through("date", "0001-01-01").to_s).to eq("0001-01-01")
      expect(through("date", "1582-10-10").to_s).to eq("1582-10-10")
      expect(through("date", Date.new(1500, 3, 1, Date::GREGORIAN)).to_s).to eq("1500-03-01")
    end

    it "takes a Date of the Julian calendar as the day that it shows" do
      [Date.new(1, 1, 1), Date.new(1500, 6, 1), Date.new(1582, 10, 4), Date.new(1700, 1, 1, Date::ENGLAND),
       Date.new(-4, 2, 29)].each { |day| expect(through("date", day).to_s).to eq(day.to_s) }
      expect { through("date", Date.new(1500, 2, 29)) }.to raise_error(DeltaLake::SchemaMismatchError, /1500-02-29/)
    end

    it "takes text and a DateTime at midnight" do
      expect(through("date", "2024-02-29")).to eq(Date.new(2024, 2, 29))
      expect(through("date", DateTime.new(2024, 2, 29))).to eq(Date.new(2024, 2, 29))
    end

    it "makes as many dates as there are days, and no mistake among many" do
      days = Array.new(3_000) { |i| Date.new(2020, 1, 1) + ((i * 7) % 1_700) }
      expect(roundtrip({ v: "date" }, days.map { |d| { v: d } }).map { |r| r[:v] }).to eq(days)
    end
  end

  it "makes no mistake among many decimals" do
    numbers = Array.new(3_000) { |i| BigDecimal(i * 7919) / 100 }
    expect(roundtrip({ v: "decimal(12,2)" }, numbers.map { |d| { v: d } }).map { |r| r[:v] }).to eq(numbers)
  end

  describe "timestamps" do
    it "keeps the microsecond and gives UTC" do
      time = Time.new(2026, 1, 31, 12, 30, 15 + Rational(123_456, 1_000_000), "+05:30")
      back = through("timestamp", time)
      expect(back).to eq(time)
      expect([back.utc?, back.usec, back.utc_offset]).to eq([true, 123_456, 0])
    end

    it "cuts off what is below a microsecond" do
      expect(through("timestamp", Time.at(0, 1_999, :nsec)).nsec).to eq(1_000)
      expect(through("timestamp", Time.at(-1, 1_999, :nsec))).to eq(Time.at(-1, 1, :usec))
      expect(through("timestamp", "2026-01-31T00:00:00.1234567Z").usec).to eq(123_456)
    end

    it "goes far beyond 64 bits of nanoseconds" do
      [Time.utc(1, 1, 1), Time.utc(1600, 2, 29, 1, 2, 3.5), Time.utc(1969, 12, 31, 23, 59, 59), Time.utc(9999, 12, 31),
       Time.utc(200_000)].each { |time| expect(through("timestamp", time)).to eq(time) }
    end

    it "takes DateTime" do
      value = DateTime.new(2026, 1, 31, 12, 0, Rational(1, 2), "+02:00")
      expect(through("timestamp", value)).to eq(Time.utc(2026, 1, 31, 10, 0, 0.5))
      expect(through("timestamp", DateTime.new(1500, 3, 1, 0, 0, 0, 0, Date::GREGORIAN))).to eq(Time.utc(1500, 3, 1))
      expect(through("timestamp", DateTime.new(1, 1, 1, 1))).to eq(Time.utc(1, 1, 1, 1))
    end

    it "takes text with a zone" do
      {
        "2026-01-31T12:00:00Z" => Time.utc(2026, 1, 31, 12),
        "2026-01-31T12:00:00.5+02:00" => Time.utc(2026, 1, 31, 10, 0, 0.5),
        "2026-01-31 12:00:00 UTC" => Time.utc(2026, 1, 31, 12),
        "2026-01-31 12:00:00 -0130" => Time.utc(2026, 1, 31, 13, 30),
        "2026-01-31T12:00+02" => Time.utc(2026, 1, 31, 10),
        "-0001-01-01T00:00:00Z" => Time.utc(-1, 1, 1)
      }.each { |text, time| expect(through("timestamp", text)).to eq(time) }
    end

    it "takes what stands for a time, as ActiveSupport's does" do
      zoned = Struct.new(:to_time, :utc_offset) do
        def is_a?(other) = other == Time || super
      end.new(Time.utc(2026, 1, 31, 12), 7_200)
      expect(through("timestamp", zoned)).to eq(Time.utc(2026, 1, 31, 12))
      expect(through("timestamp_ntz", zoned)).to eq(Time.utc(2026, 1, 31, 14))
    end
  end

  describe "timestamps without a zone" do
    it "keep the wall clock" do
      time = Time.new(2026, 1, 31, 12, 30, 15, "+05:30")
      expect(through("timestamp_ntz", time)).to eq(Time.utc(2026, 1, 31, 12, 30, 15))
      expect(through("timestamp_ntz", DateTime.new(2026, 1, 31, 12, 0, 0, "+02:00"))).to eq(Time.utc(2026, 1, 31, 12))
      expect(through("timestamp_ntz", "2026-01-31T12:00:00.25")).to eq(Time.utc(2026, 1, 31, 12, 0, 0.25))
    end
  end

  it "gives columns as Arrays" do
    rows = [{ id: 1, name: "a" }, { id: nil, name: "b" }]
    expect(encode({ id: "long", name: "string" }, rows).columns).to eq([[1, nil], %w[a b]])
  end

  it "keeps a column of type void empty" do
    expect(through("void", nil)).to be_nil
  end
end
