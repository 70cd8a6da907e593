# frozen_string_literal: true

module DeltaLake
  class Schema
    # Finds what rows have beyond a schema: new columns, and new fields inside of structs, arrays and maps.
    # @api private
    class Evolution
      # @param schema [Schema]
      def initialize(schema)
        @schema = schema
        @inference = Inference.new
      end

      # @param rows [Array<Hash>]
      # @return [Schema, nil] new columns, and known ones with nothing but what is new inside; nil where nothing is
      def found_in(rows)
        struct = struct(@schema.fields, rows.grep(Hash), "")
        struct && Schema.new(struct.fields)
      end

      private

      def struct(known, rows, path)
        known = known.to_h { |field| [field.name, field] }
        fields = columns(rows).filter_map do |name, values|
          type = known.key?(name) ? inside(known[name].type, values, "#{path}#{name}") : infer(values, "#{path}#{name}")
          Field.new(name, type) if type
        end
        StructType.new(fields) unless fields.empty?
      end

      def columns(rows)
        rows.each_with_object({}) do |row, columns|
          row.each do |name, value|
            (columns[name.to_sym] ||= []) << value if name.is_a?(Symbol) || name.is_a?(String)
          end
        end
      end

      def inside(type, values, path)
        case type
        when StructType then struct(type.fields, values.grep(Hash), "#{path}.")
        when ArrayType
          element = inside(type.element, values.grep(Array).flatten(1), "#{path}[]")
          element && ArrayType.new(element)
        when MapType
          value = inside(type.value, values.grep(Hash).flat_map(&:values), "#{path}{}")
          value && MapType.new(type.key, value)
        end
      end

      # Where values are of different types, the first of them tells.
      def infer(values, path)
        values = values.map { |value| typed(value) }.compact
        [values, values.first(1)].each do |some|
          return @inference.type(some, path) unless some.empty?
        rescue ArgumentError, TypeError
          next
        end
        nil
      end

      # Without the parts of a value that have no type: nil, and what holds nothing else.
      def typed(value)
        case value
        when Hash then filled(value.transform_values { |inner| typed(inner) })
        when Array then filled(value.map { |inner| typed(inner) })
        else value
        end
      end

      def filled(parts)
        parts = parts.compact
        parts unless parts.empty?
      end
    end
  end
end
