# frozen_string_literal: true

require "bigdecimal"
require "date"

module DeltaLake
  class Schema
    # Finds the types that hold given values: the narrowest that loses nothing.
    # @api private
    class Inference
      # Largest Integer below which a Float holds every other.
      EXACT_IN_DOUBLE = 2**53

      # @param rows [Enumerable<Hash>]
      # @return [Array<Field>]
      def fields(rows)
        columns = columns(rows, "row")
        raise ArgumentError, "there are no rows to infer a schema from" if columns.empty?

        struct(columns, "").fields
      end

      # @param values [Array] of one column
      # @param path [String] of the column, for messages
      # @return [Type]
      def type(values, path)
        values = values.compact
        kinds = values.map { |value| kind(value, path) }.uniq
        raise ArgumentError, "column #{path}: every value is nil; give its type" if kinds.empty?

        build(merge(kinds, values, path), values, path)
      end

      private

      # Values by column, in the order in which columns first appear.
      def columns(rows, what)
        rows.each_with_index.with_object({}) do |(row, index), columns|
          raise TypeError, "#{what} #{index} must be a Hash, got #{row.class}" unless row.is_a?(Hash)

          row.each { |key, value| (columns[name(key, "#{what} #{index}")] ||= []) << value }
        end
      end

      def name(key, where)
        return key.to_sym if key.is_a?(Symbol) || key.is_a?(String)

        raise ArgumentError, "#{where}: a key is #{key.class} (#{key.inspect[0, 40]}); columns and fields have names"
      end

      def struct(columns, prefix)
        StructType.new(columns.map { |name, values| Field.new(name, type(values, "#{prefix}#{name}")) })
      end

      # Whole numbers are decimals too, and small ones Floats; nothing else goes together.
      def merge(kinds, values, path)
        return kinds.first if kinds.one?
        return "decimal" if (kinds - %w[long decimal]).empty?
        return "double" if (kinds - %w[long double]).empty? && values.all? { |value| exact_in_double?(value) }

        raise ArgumentError, "column #{path} has values of different types: #{kinds.join(', ')}"
      end

      def exact_in_double?(value)
        value.is_a?(Float) || value.abs <= EXACT_IN_DOUBLE
      end

      def build(kind, values, path)
        case kind
        when "decimal" then decimal(values, path)
        when "array" then ArrayType.new(type(values.flatten(1), "#{path}[]"))
        when "struct" then struct(columns(values, "column #{path}, value"), "#{path}.")
        else PrimitiveType.new(kind)
        end
      end

      def kind(value, path)
        case value
        when true, false then "boolean"
        when Integer, Float, BigDecimal then number(value)
        when Symbol then "string"
        when String then value.encoding == Encoding::BINARY ? "binary" : "string"
        when Array then "array"
        when Hash then "struct"
        else time(value) || raise(ArgumentError, "column #{path}: no type holds a #{value.class}")
        end
      end

      def number(value)
        case value
        when Float then "double"
        when Integer then value.bit_length < 64 ? "long" : "decimal"
        else "decimal"
        end
      end

      def time(value)
        return "timestamp" if value.is_a?(Time) || value.is_a?(DateTime) || value.respond_to?(:acts_like_time?)

        "date" if value.is_a?(Date)
      end

      def decimal(values, path)
        digits = values.map { |value| digits(BigDecimal(value)) }
        scale = digits.map(&:last).max
        precision = [digits.map(&:first).max + scale, 1].max
        return DecimalType.new(precision, scale) if precision <= DecimalType::MAX_PRECISION

        raise ArgumentError, "column #{path}: its values need #{precision} digits, and a decimal has " \
                             "#{DecimalType::MAX_PRECISION} at most"
      end

      # Digits before and after the point.
      def digits(value)
        raise ArgumentError, "a decimal cannot be #{value}" unless value.finite?

        _, figures, _, exponent = value.split
        [[exponent, 0].max, [figures.size - exponent, 0].max]
      end
    end
  end
end
