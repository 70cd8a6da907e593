# frozen_string_literal: true

module DeltaLake
  class Schema
    # What has named fields: a schema, and a struct.
    module Fields
      # @return [Array<Field>] in schema order
      attr_reader :fields

      # @return [Array<Symbol>] their names
      def names
        fields.map(&:name)
      end

      # @param name [Symbol, String]
      # @return [Field, nil]
      def field(name)
        name = name.to_sym
        fields.find { |field| field.name == name }
      end
    end
  end
end
