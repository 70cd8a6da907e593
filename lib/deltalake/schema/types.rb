# frozen_string_literal: true

require_relative "fields"

module DeltaLake
  class Schema
    # A type of the Delta protocol. Types are frozen, and equal where they describe the same values.
    class Type
      # @return [Boolean]
      def ==(other)
        other.is_a?(Type) && to_delta == other.to_delta
      end
      alias eql? ==

      # @return [Integer]
      def hash
        to_delta.hash
      end

      # @return [String]
      def inspect
        "#<#{self.class} #{self}>"
      end

      # @!method to_s
      #   @return [String] as Spark writes it, such as `array<string>`
      # @!method to_delta
      #   @return [String, Hash] as the Delta protocol writes it in a schema
    end

    # A type that holds no other type, such as `long`.
    class PrimitiveType < Type
      # What a column can be declared as, beside `decimal`.
      NAMES = %w[boolean byte short integer long float double string binary date timestamp timestamp_ntz
                 variant].freeze

      # @return [String]
      attr_reader :name

      # @param name [String]
      def initialize(name)
        super()
        @name = -name
        freeze
      end

      # (see Type#to_s)
      def to_s
        name
      end

      # (see Type#to_delta)
      def to_delta
        name
      end
    end

    # Exact numbers.
    class DecimalType < Type
      # Most digits that a decimal can have.
      MAX_PRECISION = 38

      # @return [Integer] all digits
      attr_reader :precision
      # @return [Integer] digits after the point
      attr_reader :scale

      # @param precision [Integer] 1 to 38
      # @param scale [Integer] 0 to the precision
      def initialize(precision, scale)
        super()
        unless precision.is_a?(Integer) && scale.is_a?(Integer) && precision.between?(1, MAX_PRECISION) &&
               scale.between?(0, precision)
          raise ArgumentError, "decimal(#{precision.inspect},#{scale.inspect}) is not a type: precision is 1 to " \
                               "#{MAX_PRECISION} and scale 0 to the precision"
        end

        @precision = precision
        @scale = scale
        freeze
      end

      # (see Type#to_s)
      def to_s
        "decimal(#{precision},#{scale})"
      end

      # (see Type#to_delta)
      def to_delta
        to_s
      end
    end

    # Elements of one type.
    class ArrayType < Type
      # @return [Type] type of each element
      attr_reader :element

      # @param element [Type]
      # @param contains_null [Boolean] whether elements may be nil
      def initialize(element, contains_null: true)
        super()
        @element = element
        @contains_null = contains_null
        freeze
      end

      # @return [Boolean] whether elements may be nil
      def contains_null?
        @contains_null
      end

      # (see Type#to_s)
      def to_s
        "array<#{element}>"
      end

      # (see Type#to_delta)
      def to_delta
        { "type" => "array", "elementType" => element.to_delta, "containsNull" => contains_null? }
      end
    end

    # Keys and values, each of one type.
    class MapType < Type
      # @return [Type] type of each key; keys are never nil
      attr_reader :key
      # @return [Type] type of each value
      attr_reader :value

      # @param key [Type]
      # @param value [Type]
      # @param value_contains_null [Boolean] whether values may be nil
      def initialize(key, value, value_contains_null: true)
        super()
        @key = key
        @value = value
        @value_contains_null = value_contains_null
        freeze
      end

      # @return [Boolean] whether values may be nil
      def value_contains_null?
        @value_contains_null
      end

      # (see Type#to_s)
      def to_s
        "map<#{key},#{value}>"
      end

      # (see Type#to_delta)
      def to_delta
        { "type" => "map", "keyType" => key.to_delta, "valueType" => value.to_delta,
          "valueContainsNull" => value_contains_null? }
      end
    end

    # Named fields.
    class StructType < Type
      include Fields

      # @param fields [Array<Field>]
      def initialize(fields)
        super()
        @fields = fields.dup.freeze
        freeze
      end

      # (see Type#to_s)
      def to_s
        "struct<#{fields.map { |field| "#{field.name}:#{field.type}" }.join(',')}>"
      end

      # (see Type#to_delta)
      def to_delta
        { "type" => "struct", "fields" => fields.map(&:to_delta) }
      end
    end
  end
end
