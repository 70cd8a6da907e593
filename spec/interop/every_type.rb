# frozen_string_literal: true

require "bigdecimal"
require "date"

# A column of every type, each with its edges and its usual values.
module EveryType
  SCHEMA = {
    id: :long, boolean: :boolean, byte: :byte, short: :short, integer: :integer, long: :long, float: :float,
    double: :double, small_decimal: "decimal(5,2)", decimal: "decimal(18,9)", whole_decimal: "decimal(20,0)",
    big_decimal: "decimal(38,10)", string: :string, binary: :binary, date: :date, timestamp: :timestamp,
    timestamp_ntz: :timestamp_ntz, array: [:string], map: DeltaLake::Schema.map(:string, :long),
    struct: { x: :integer, at: [{ t: :timestamp }] }, matrix: [[:double]],
    index: DeltaLake::Schema.map(:date, DeltaLake::Schema.struct { decimal :price, precision: 38, scale: 10 })
  }.freeze
  NESTED = %i[array map struct matrix index].freeze

  def self.decimals(*texts)
    texts.map { |text| text && BigDecimal(text) }
  end

  # The nearest number that a float column holds.
  def self.single(number)
    [number].pack("e").unpack1("e")
  end

  def self.day(year, month, day)
    Date.new(year, month, day, Date::GREGORIAN)
  end

  VALUES = {
    boolean: [true, false, nil, true, false],
    byte: [-128, 127, nil, 0, 1],
    short: [-(2**15), (2**15) - 1, nil, 0, 1],
    integer: [-(2**31), (2**31) - 1, nil, 0, 1],
    long: [-(2**63), (2**63) - 1, nil, 0, (2**53) + 1],
    float: [single(1.1), -1.5, nil, -0.0, single(3.4e38)],
    double: [1.5e-10, -0.1, nil, 0.1 + 0.2, 1e22],
    small_decimal: decimals("-999.99", "0.01", nil, "0", "999.99"),
    decimal: decimals("-123456789.987654321", "1.5", nil, "0", "999999999.999999999"),
    whole_decimal: decimals("-99999999999999999999", "7", nil, "0", "99999999999999999999"),
    big_decimal: decimals("-#{'9' * 28}.0123456789", "0.0000000001", nil, "-0", "#{'9' * 28}.9999999999"),
    string: ["a b%/:=ü日本'\"\n\\", "__HIVE_DEFAULT_PARTITION__", nil, "#{'é' * 40}z", "x"],
    binary: ["\x00\x01\x7F".b, "plain".b, nil, "%2F".b, "x".b],
    date: [day(1, 1, 1), day(9999, 12, 31), nil, day(1582, 10, 10), day(1970, 1, 1)],
    timestamp: [Time.utc(1, 1, 1), Time.utc(9999, 12, 31, 23, 59, 59, 999_999r), nil,
                Time.utc(1676, 12, 31, 1, 2, 3, 4), Time.at(0, -1, :microsecond, in: "UTC")],
    timestamp_ntz: [Time.utc(1600, 2, 29), Time.utc(2300, 1, 1, 1, 2, 3, 4), nil, Time.utc(2026, 3, 29, 2, 30),
                    Time.utc(1970, 1, 1)],
    array: [["", nil, "ü"], [], nil, ["x"], [nil]],
    map: [{ "a" => 1, "" => nil }, {}, nil, { "x" => 0 }, { "ü" => 2**62 }],
    struct: [{ x: 1, at: [{ t: Time.utc(1500, 1, 1) }, nil] }, { x: nil, at: nil }, nil, { x: 2, at: [] },
             { x: 3, at: [{ t: nil }] }],
    matrix: [[[1.5], [], nil], [], nil, [[nil]], [[0.25, -2.0]]],
    index: [{ day(1, 1, 1) => { price: BigDecimal("1.5") } }, {}, nil, { day(9999, 12, 31) => nil },
            { day(2026, 1, 1) => { price: nil } }]
  }.freeze

  # Columns that a table can be partitioned by.
  PRIMITIVE = (VALUES.keys - NESTED).freeze

  def self.rows
    Array.new(5) { |i| { id: i, **VALUES.transform_values { |values| values[i] } } }
  end
end
