# frozen_string_literal: true

module DeltaLake
  class Schema
    # What the block of {Schema.define} talks to: one method a type, each of which adds a column.
    #
    # Every method takes the column's name, `null: false` where nil is not allowed, `comment:`, and free-form
    # `metadata:`. A column of the table, not of a struct, may have one of
    #
    # - `generated:` SQL text that it is computed by, from other columns: `"CAST(created_at AS DATE)"`
    # - `default:` what rows get that lack it: SQL text (`"'new'"`, `"current_date()"`), an Integer, true or false
    # - `identity:` numbers that the table hands out: `true`, or `{ start: 1, step: 1, allow_explicit: false }`
    #
    # @example
    #   DeltaLake::Schema.define do
    #     long      :id, identity: true
    #     string    :state, default: "'new'"
    #     timestamp :created_at
    #     date      :day, generated: "CAST(created_at AS DATE)"
    #   end
    class Definition
      # @return [Array<Field>] so far
      attr_reader :fields

      # @api private
      def self.fields(&block)
        raise ArgumentError, "a block with the columns is needed" unless block

        definition = new
        block.arity == 1 ? yield(definition) : definition.instance_exec(&block)
        raise ArgumentError, "the block defines no column" if definition.fields.empty?

        definition.fields
      end

      # @api private
      def initialize
        @fields = []
      end

      # @!method boolean(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of true and false.
      #   @return [void]
      # @!method byte(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of 8-bit integers.
      #   @return [void]
      # @!method short(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of 16-bit integers.
      #   @return [void]
      # @!method integer(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of 32-bit integers.
      #   @return [void]
      # @!method long(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of 64-bit integers.
      #   @return [void]
      # @!method float(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of 32-bit floating-point numbers.
      #   @return [void]
      # @!method double(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of 64-bit floating-point numbers, Ruby's Float.
      #   @return [void]
      # @!method string(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of UTF-8 text.
      #   @return [void]
      # @!method binary(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of bytes.
      #   @return [void]
      # @!method date(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of days.
      #   @return [void]
      # @!method timestamp(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of instants, in microseconds.
      #   @return [void]
      # @!method timestamp_ntz(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of wall-clock times without a zone, in microseconds.
      #   @return [void]
      # @!method variant(name, null: true, comment: nil, metadata: {}, **rules)
      #   Adds a column of values of any type.
      #   @return [void]
      PrimitiveType::NAMES.each do |type|
        define_method(type) { |name, **options| add(name, PrimitiveType.new(type), **options) }
      end

      # Adds a column of exact numbers.
      #
      # @param precision [Integer] all digits, 1 to 38
      # @param scale [Integer] digits after the point
      # @return [void]
      def decimal(name, precision:, scale: 0, **options)
        add(name, DecimalType.new(precision, scale), **options)
      end

      # Adds a column of arrays.
      #
      # @example
      #   array :tags, of: :string
      #   array :scores, of: "double not null"
      #   array :lines, of: :struct do
      #     string :sku
      #     long   :quantity
      #   end
      # @param of [Symbol, String, Hash, Array, Type] type of the elements, in any form that {Schema.from} takes
      # @return [void]
      def array(name, of:, **options, &block)
        element = slot(of, name, &block)
        add(name, ArrayType.new(element.type, contains_null: element.null), **options)
      end

      # Adds a column of maps.
      #
      # @param from [Symbol, String, Type] type of the keys
      # @param to [Symbol, String, Hash, Array, Type] type of the values; `:struct` with a block, as for {#array}
      # @return [void]
      def map(name, from:, to:, **options, &block)
        value = slot(to, name, &block)
        add(name, MapType.new(slot(from, name).type, value.type, value_contains_null: value.null), **options)
      end

      # Adds a column of structs; the block defines its fields.
      #
      # @return [void]
      def struct(name, **options, &block)
        add(name, StructType.new(Definition.fields(&block)), **options)
      end

      # Adds a column of a type in any form that {Schema.from} takes.
      #
      # @param type [Symbol, String, Hash, Array, Type]
      # @return [void]
      def column(name, type, **options)
        slot = slot(type, name)
        add(name, slot.type, null: slot.null, **options)
      end

      private

      def slot(type, name, &block)
        return Notation.slot(type, "column #{name}") unless block
        return Notation::Slot.new(StructType.new(Definition.fields(&block)), true) if type == :struct

        raise ArgumentError, "column #{name}: a block goes with :struct only, got #{type.inspect}"
      end

      def add(name, type, null: true, comment: nil, metadata: {}, **rules)
        unless name.is_a?(Symbol) || name.is_a?(String)
          raise TypeError, "names of columns are Symbols or Strings, got #{name.class}"
        end
        raise ArgumentError, "column #{name} is defined twice" if fields.any? { |field| field.name == name.to_sym }

        metadata = metadata.merge("comment" => comment) if comment
        metadata = metadata.merge(ColumnRules.metadata(name, **rules)) unless rules.empty?
        fields << Field.new(name, type, null:, metadata:)
        nil
      end
    end
  end
end
