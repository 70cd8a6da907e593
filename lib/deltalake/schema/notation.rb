# frozen_string_literal: true

module DeltaLake
  class Schema
    # Reads types as Ruby code writes them: `:long`, `"decimal(12,2)"`, `"long not null"`, `[:string]`, `{ x: :long }`.
    # @api private
    module Notation
      # A type, and whether values may be nil.
      Slot = Struct.new(:type, :null)

      # Where nil is refused.
      NOT_NULL = /\s+not\s+null\z/i
      DECIMAL = /\Adecimal\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\z/

      class << self
        # @param value [Symbol, String, Hash, Array, Type, Schema]
        # @param place [String] where it stands, for messages
        # @return [Slot]
        def slot(value, place)
          return Slot.new(type(value, place), true) unless value.is_a?(String) && value.match?(NOT_NULL)

          Slot.new(type(value.sub(NOT_NULL, ""), place), false)
        end

        # @return [Type]
        def type(value, place)
          case value
          when Type then value
          when Schema then StructType.new(value.fields)
          when Symbol, String then named(value.to_s.strip, place)
          when Hash then StructType.new(fields(value, place))
          when Array then array(value, place)
          else raise TypeError, "#{place}: a type is a Symbol, String, Hash, Array or DeltaLake::Schema::Type, " \
                                "got #{value.class}"
          end
        end

        # @param columns [Hash] names and types
        # @return [Array<Field>]
        def fields(columns, place)
          raise ArgumentError, "#{place} has no columns" if columns.empty?

          columns.map do |name, value|
            unless name.is_a?(Symbol) || name.is_a?(String)
              raise TypeError, "#{place}: names of columns are Symbols or Strings, got #{name.class}"
            end

            slot = slot(value, "column #{name}")
            Field.new(name, slot.type, null: slot.null)
          end
        end

        private

        def named(name, place)
          return PrimitiveType.new(name) if PrimitiveType::NAMES.include?(name)
          return decimal(Regexp.last_match) if DECIMAL.match(name)

          raise ArgumentError, "#{place}: unknown type #{name.inspect}; types are " \
                               "#{PrimitiveType::NAMES.join(", ")}, " \
                               "decimal(p,s), [type] for an array and { name: type } for a struct"
        end

        def decimal(match)
          DecimalType.new(Integer(match[1], 10), Integer(match[2] || "0", 10))
        end

        def array(value, place)
          unless value.size == 1
            raise ArgumentError,
                  "#{place}: an array type is an Array with the one type of its elements, got #{value.size}"
          end

          element = slot(value.first, place)
          ArrayType.new(element.type, contains_null: element.null)
        end
      end
    end
  end
end
