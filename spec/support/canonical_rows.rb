# frozen_string_literal: true

require "bigdecimal"
require "date"
require "json"

# Rows as text to compare: one JSON text a row, keys in schema order, each Delta type in one form only.
class CanonicalRows
  # A variant in an expected line that Ruby's plain values cannot be told from another: null from SQL's, a time by its
  # wall clock from an instant, a decimal from one with zeros at its end.
  AMBIGUOUS = /\{"\$variant":(null)\}|\{"\$timestamp_ntz":"([^"]*)"\}|\{"\$decimal":"(-?\d+)(?:\.(\d*?)0*)?"\}/
  ESCAPES = { "\"" => "\\\"", "\\" => "\\\\", "\b" => "\\b", "\f" => "\\f", "\n" => "\\n", "\r" => "\\r",
              "\t" => "\\t" }.freeze
  FORMS = { "boolean" => :boolean, "byte" => :integer, "short" => :integer, "integer" => :integer, "long" => :integer,
            "float" => :float, "double" => :float, "string" => :string, "binary" => :binary, "date" => :date,
            "timestamp" => :timestamp, "timestamp_ntz" => :timestamp_ntz, "variant" => :variant }.freeze
  private_constant :ESCAPES, :FORMS

  # @param schema [Hash] a Delta struct, parsed from its schemaString
  def initialize(schema)
    @schema = schema
  end

  # A line with one spelling for what plain values cannot tell apart.
  def self.plain(line)
    line.gsub(AMBIGUOUS) do
      null, wall_clock, whole, fraction = Regexp.last_match.captures
      next null if null
      next %({"$timestamp":"#{wall_clock}Z"}) if wall_clock

      %({"$decimal":"#{[whole, fraction.to_s].reject(&:empty?).join('.')}"})
    end
  end

  # The lines of all rows, in the order of their bytes.
  def lines(rows)
    rows.map { |row| line(row) }.sort
  end

  def line(row)
    struct(row, @schema)
  end

  private

  def value(value, type)
    return "null" if value.nil?
    return nested(value, type) if type.is_a?(Hash)

    form = FORMS[type]
    return send(form, value) if form

    scale = type[/\Adecimal\(\d+,\s*(-?\d+)\)\z/, 1] or raise TypeError, "no canonical form of #{type}"
    decimal(value, Integer(scale))
  end

  def nested(value, type)
    case type.fetch("type")
    when "struct" then struct(value, type)
    when "array" then "[#{of(value, Array).map { |e| value(e, type['elementType']) }.join(',')}]"
    when "map" then map(value, type)
    else raise TypeError, "no canonical form of #{type['type']}"
    end
  end

  def struct(row, type)
    names = type["fields"].map { |field| field["name"].to_sym }
    unless of(row, Hash).keys == names
      raise TypeError, "the keys are #{row.keys.inspect}, and the schema has #{names.inspect}"
    end

    "{#{type['fields'].map { |f| "#{string(f['name'])}:#{value(row[f['name'].to_sym], f['type'])}" }.join(',')}}"
  end

  def map(map, type)
    pairs = of(map, Hash).map { |k, v| [value(k, type["keyType"]), value(v, type["valueType"])] }
    "[#{pairs.sort.map { |pair| "[#{pair.join(',')}]" }.join(',')}]"
  end

  def of(value, expected)
    value.is_a?(expected) ? value : raise(TypeError, "#{value.inspect} is no #{expected}")
  end

  def boolean(value)
    [true, false].include?(value) ? value.to_s : raise(TypeError, "#{value.inspect} is no boolean")
  end

  def integer(value)
    of(value, Integer).to_s
  end

  # As Python writes it: the mantissa of an exponent has no empty fraction.
  def float(value)
    return "\"NaN\"" if of(value, Float).nan?
    return value.positive? ? "\"Infinity\"" : "\"-Infinity\"" if value.infinite?

    value.to_s.sub(".0e", "e")
  end

  def string(value)
    unless of(value, String).encoding == Encoding::UTF_8 && value.valid_encoding?
      raise TypeError, "#{value.inspect} is not UTF-8"
    end

    escaped = value.gsub(/["\\\x00-\x1f]/) { |c| ESCAPES[c] || format("\\u%04x", c.ord) }
    "\"#{escaped}\""
  end

  def binary(value)
    raise TypeError, "#{value.inspect} is not binary" unless of(value, String).encoding == Encoding::BINARY

    "\"#{value.unpack1('H*')}\""
  end

  def date(value)
    raise TypeError, "#{value.inspect} is no plain date" unless value.instance_of?(Date)

    proleptic = value.new_start(Date::GREGORIAN)
    format("\"%<y>s-%<m>02d-%<d>02d\"", y: year(proleptic.year), m: proleptic.month, d: proleptic.day)
  end

  def timestamp(value)
    "\"#{time(value)}Z\""
  end

  def timestamp_ntz(value)
    "\"#{time(value)}\""
  end

  def time(value)
    raise TypeError, "#{value.inspect} is not at UTC offset 0" unless of(value, Time).utc_offset.zero?
    raise TypeError, "#{value.inspect} is finer than microseconds" unless (value.nsec % 1000).zero?

    "#{year(value.year)}#{value.strftime('-%m-%dT%H:%M:%S.%6N')}"
  end

  def year(year)
    format((0..9999).cover?(year) ? "%04d" : "%+07d", year)
  end

  def variant(value)
    "{\"$variant\":#{inside_variant(value)}}"
  end

  VARIANTS = { Hash => :object, Array => :elements, String => :text, BigDecimal => :plain, Float => :float,
               Date => :tagged_date, Time => :tagged_time, Integer => :to_text, TrueClass => :to_text,
               FalseClass => :to_text }.freeze
  private_constant :VARIANTS

  def inside_variant(value)
    return "null" if value.nil?

    send(VARIANTS.fetch(value.class) { raise TypeError, "#{value.inspect} is not in a variant" }, value)
  end

  def object(value)
    value.each_key { |key| of(key, String) }
    "{#{value.sort.map { |key, inner| "#{string(key)}:#{inside_variant(inner)}" }.join(',')}}"
  end

  def elements(value)
    "[#{value.map { |element| inside_variant(element) }.join(',')}]"
  end

  def text(value)
    value.encoding == Encoding::BINARY ? "{\"$binary\":#{binary(value)}}" : string(value)
  end

  def plain(value)
    "{\"$decimal\":\"#{value.to_s('F').delete_suffix('.0')}\"}"
  end

  def tagged_date(value)
    "{\"$date\":#{date(value)}}"
  end

  def tagged_time(value)
    "{\"$timestamp\":#{timestamp(value)}}"
  end

  def to_text(value)
    value.to_s
  end

  def decimal(value, scale)
    rounded = of(value, BigDecimal).round([scale, 0].max)
    raise TypeError, "#{value.to_s('F')} has more than #{scale} fraction digits" unless rounded == value

    whole, fraction = rounded.zero? ? %w[0 0] : BigDecimal(rounded).to_s("F").split(".")
    "\"#{scale.positive? ? "#{whole}.#{fraction.ljust(scale, '0')}" : whole}\""
  end
end
