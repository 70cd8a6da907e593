# frozen_string_literal: true

RSpec.describe "Literals of predicates", :convert do
  def scalar(type, value)
    DeltaLake::Native::Testing.scalar("price", type, value)
  end

  {
    ["boolean", true] => ["Some(Boolean(true))", true],
    ["long", 42] => ["Some(Long(42))", 42],
    ["byte", 1000] => ["Some(Long(1000))", 1000],
    ["long", 2**64] => ["Some(Decimal(18446744073709551616, 0))", BigDecimal(2**64)],
    ["long", 10**60] => ["Some(Double(1e60))", 1e60],
    ["long", 1.5] => ["Some(Double(1.5))", 1.5],
    ["double", 3] => ["Some(Long(3))", 3],
    ["double", BigDecimal("0.10")] => ["Some(Decimal(1, 1))", BigDecimal("0.1")],
    ["decimal(12,2)", 3] => ["Some(Long(3))", 3],
    ["decimal(12,2)", BigDecimal("12.50")] => ["Some(Decimal(125, 1))", BigDecimal("12.5")],
    %w[string a] => ['Some(String("a"))', "a"],
    ["string", :a] => ['Some(String("a"))', "a"],
    ["binary", "\xff".b] => ["Some(Binary([255]))", "\xff".b],
    ["date", Date.new(1970, 1, 2)] => ["Some(Date(1))", Date.new(1970, 1, 2)],
    %w[date 1969-12-31] => ["Some(Date(-1))", Date.new(1969, 12, 31)],
    ["timestamp", Time.at(1, 5, :usec)] => ["Some(Timestamp(1000005))", Time.at(1, 5, :usec)],
    ["timestamp", Date.new(1970, 1, 2)] => ["Some(Timestamp(86400000000))", Time.utc(1970, 1, 2)],
    %w[timestamp 1970-01-02] => ["Some(Timestamp(86400000000))", Time.utc(1970, 1, 2)],
    ["timestamp", "1970-01-01T01:00:00+01:00"] => ["Some(Timestamp(0))", Time.utc(1970)],
    ["timestamp", "1970-01-01T00:00:01"] => ["Some(Timestamp(1000000))", Time.utc(1970, 1, 1, 0, 0, 1)],
    ["timestamp_ntz", Time.new(1970, 1, 1, 0, 0, 1, "+05:00")] =>
      ["Some(TimestampNtz(1000000))", Time.utc(1970, 1, 1, 0, 0, 1)],
    ["long", nil] => ["None", nil]
  }.each do |(type, value), expected|
    it "#{value.inspect[0, 40]} for #{type}" do
      expect(scalar(type, value)).to eq(expected)
    end
  end

  [["boolean", 1], %w[long 1], ["long", :a], ["string", 1], ["binary", 1], ["date", 1], %w[date x],
   ["date", Time.at(0)], ["timestamp", 1], ["timestamp_ntz", "1970-01-01T00:00:00Z"], ["void", 1],
   ["decimal(5,2)", "1"]].each do |type, value|
    it "#{value.inspect} for #{type} is refused" do
      expect { scalar(type, value) }.to raise_error(
        ArgumentError, "column \"price\" of type #{type} cannot be compared with #{value.class} (#{value.inspect})"
      )
    end
  end

  it "in broken UTF-8 are refused" do
    expect { scalar("string", "\xff") }.to raise_error(ArgumentError, /column "price": expected string in valid UTF-8/)
  end
end
