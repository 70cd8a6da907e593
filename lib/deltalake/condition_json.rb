# frozen_string_literal: true

require "bigdecimal"
require "date"
require_relative "time_json"

module DeltaLake
  # Conditions in the native form as what JSON can hold, and back. What JSON has no value for is a Hash of one key,
  # which names what it is.
  # @api private
  module ConditionJSON
    class << self
      # @param conditions [Array<Array>]
      # @return [Array<Array>]
      def dump(conditions)
        conditions.map { |condition| condition.map { |part| dump_value(part) } }
      end

      # @param data [Object] as JSON had it
      # @return [Array<Array>]
      # @raise [ArgumentError] for anything that {.dump} does not make
      def load(data)
        raise ArgumentError, "conditions are an Array, got #{data.class}" unless data.is_a?(Array)

        data.map { |condition| condition(condition) }
      end

      private

      def dump_value(value)
        case value
        when nil, true, false, Integer then value
        when Array then value.map { |item| dump_value(item) }
        when Float then value.finite? ? value : { "float" => value.to_s }
        when BigDecimal then { "decimal" => value.to_s }
        when String, Symbol then text(value.to_s)
        when DateTime then { "datetime" => TimeJSON.dump_date_time(value) }
        when Date then { "date" => TimeJSON.dump_date(value) }
        else time(value)
        end
      end

      def text(string)
        return string if string.encoding == Encoding::UTF_8 && string.valid_encoding?
        return string.encode(Encoding::UTF_8) unless string.encoding == Encoding::BINARY || !string.valid_encoding?

        { "binary" => [string].pack("m0") }
      end

      def time(value)
        parts = TimeJSON.dump(value) or raise TypeError, "a condition with #{value.class} has no form as JSON"
        { "time" => parts }
      end

      def condition(data)
        operator, *rest = data if data.is_a?(Array)
        raise ArgumentError, "a condition begins with its operator" unless operator.is_a?(String)

        case operator
        when "and", "or" then [operator, load(rest.first)]
        when "not" then [operator, condition(rest.first)]
        else [operator, *rest.map { |part| load_value(part) }].tap { |made| check(made) }
        end
      end

      # What native conditions take for granted.
      def check(condition)
        operator, path, value = condition
        names = path.is_a?(Array) && !path.empty? && path.all?(String)
        sound = operator != "in" || value.is_a?(Array)
        text = operator == "sql" && path.is_a?(String)
        raise ArgumentError, "condition #{operator.inspect} has no column" unless names || text
        raise ArgumentError, "condition \"in\" has no values" unless sound
      end

      def load_value(value)
        case value
        when Array then value.map { |item| load_value(item) }
        when Hash then special(value)
        else value
        end
      end

      def special(hash)
        name, value = hash.first
        raise ArgumentError, "a value of a condition is not of a known kind" unless hash.one?

        case name
        when "float" then { "NaN" => Float::NAN, "Infinity" => Float::INFINITY }.fetch(value, -Float::INFINITY)
        when "decimal" then BigDecimal(String(value))
        when "binary" then String(value).unpack1("m0")
        when "date" then TimeJSON.load_date(value)
        when "datetime" then TimeJSON.load_date_time(*value)
        when "time" then TimeJSON.load(*value)
        else raise ArgumentError, "a condition has no values of kind #{name.inspect}"
        end
      rescue TypeError, RangeError => e
        raise ArgumentError, "a value of kind #{name.inspect} in a condition is not one: #{e.message}"
      end
    end
  end
end
