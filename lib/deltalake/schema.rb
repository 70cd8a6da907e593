# frozen_string_literal: true

require_relative "schema/fields"
require_relative "schema/types"
require_relative "schema/field"
require_relative "schema/notation"
require_relative "schema/delta_json"
require_relative "schema/column_rules"
require_relative "schema/definition"
require_relative "schema/inference"
require_relative "schema/evolution"

module DeltaLake
  # The columns of a table: names, types, and whether nil is allowed. Frozen.
  #
  # @example
  #   DeltaLake::Schema.define do
  #     long      :id, null: false
  #     decimal   :price, precision: 12, scale: 2
  #     array     :tags, of: :string
  #     map       :attributes, from: :string, to: :string
  #     struct    :address do
  #       string :city
  #       string :zip
  #     end
  #   end
  class Schema
    include Fields

    class << self
      # A schema from a block that names each column by its type.
      #
      # @yield in the context of a {Definition}, or with it where the block takes an argument
      # @return [Schema]
      def define(&block)
        new(Definition.fields(&block))
      end

      # A schema from a Hash of names and types. A type is
      #
      # - a Symbol or String: `:long`, `"decimal(12,2)"`; with `"long not null"`, nil is refused
      # - an Array of one type: an array
      # - a Hash: a struct
      # - a {Type}, as {array}, {map}, {struct} and {decimal} make them
      #
      # @example
      #   DeltaLake::Schema.from({ id: "long not null", price: "decimal(12,2)", tags: [:string], at: { x: :double } })
      # @param columns [Hash{Symbol, String => Object}]
      # @return [Schema]
      def from(columns)
        raise TypeError, "a Hash of names and types is needed, got #{columns.class}" unless columns.is_a?(Hash)

        new(Notation.fields(columns, "the schema"))
      end

      # A schema from the `schemaString` of the Delta protocol.
      #
      # @param text [String]
      # @return [Schema]
      def from_json(text)
        raise TypeError, "the schema must be a String of JSON, got #{text.class}" unless text.is_a?(String)

        new(DeltaJSON.fields(text))
      end

      # A schema that holds given rows. Every column may be nil. Integers become `long`, Floats `double`, BigDecimals
      # the narrowest `decimal`, Strings `string` (`binary` where their encoding is BINARY), Hashes structs.
      #
      # @param rows [Enumerable<Hash>] all of them are looked at
      # @return [Schema]
      # @raise [ArgumentError] where a column has only nil, values of different types, or keys that are no names
      def infer(rows)
        unless rows.is_a?(Enumerable) && !rows.is_a?(Hash)
          raise TypeError, "rows must be an Array or an Enumerable of Hashes, got #{rows.class}"
        end

        new(Inference.new.fields(rows))
      end

      # @param element [Object] a type in any form that {from} takes
      # @param null [Boolean] whether elements may be nil
      # @return [ArrayType]
      def array(element, null: true)
        slot = Notation.slot(element, "array")
        ArrayType.new(slot.type, contains_null: null && slot.null)
      end

      # @param key [Object] a type in any form that {from} takes
      # @param value [Object] a type in any form that {from} takes
      # @param null [Boolean] whether values may be nil
      # @return [MapType]
      def map(key, value, null: true)
        slot = Notation.slot(value, "map")
        MapType.new(Notation.type(key, "map"), slot.type, value_contains_null: null && slot.null)
      end

      # @yield as for {define}
      # @return [StructType]
      def struct(&block)
        StructType.new(Definition.fields(&block))
      end

      # @param precision [Integer] all digits, 1 to 38
      # @param scale [Integer] digits after the point
      # @return [DecimalType]
      def decimal(precision, scale = 0)
        DecimalType.new(precision, scale)
      end
    end

    # @param fields [Array<Field>]
    def initialize(fields)
      @fields = fields.dup.freeze
      freeze
    end

    alias [] field

    # @return [String] the `schemaString` of the Delta protocol
    def to_json(*)
      JSON.generate(StructType.new(fields).to_delta, max_nesting: DeltaJSON::MAX_NESTING)
    end

    # @return [Boolean] whether names, types, nullability and metadata are the same
    def ==(other)
      other.is_a?(Schema) && fields == other.fields
    end
    alias eql? ==

    # @return [Integer]
    def hash
      fields.hash
    end

    # @return [String] such as `id: long not null, tags: array<string>`
    def to_s
      fields.join(", ")
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{self}>"
    end
  end
end
