# frozen_string_literal: true

module DeltaLake
  class Schema
    # A column, or a field of a struct.
    class Field
      # @return [Symbol]
      attr_reader :name
      # @return [Type]
      attr_reader :type
      # @return [Hash{String => Object}] free-form, such as `"comment"`
      attr_reader :metadata

      # @param name [Symbol, String]
      # @param type [Type]
      # @param null [Boolean] whether values may be nil
      # @param metadata [Hash{String => Object}]
      def initialize(name, type, null: true, metadata: {})
        @name = name.to_sym
        @type = type
        @null = null
        @metadata = metadata.transform_keys(&:to_s).freeze
        freeze
      end

      # @return [Boolean] whether values may be nil
      def null?
        @null
      end

      # @return [String, nil] what the column is for
      def comment
        metadata["comment"]
      end

      # @return [Hash] as the Delta protocol writes it in a schema
      def to_delta
        { "name" => name.to_s, "type" => type.to_delta, "nullable" => null?, "metadata" => metadata }
      end

      # @return [Boolean]
      def ==(other)
        other.is_a?(Field) && to_delta == other.to_delta
      end
      alias eql? ==

      # @return [Integer]
      def hash
        to_delta.hash
      end

      # @return [String] such as `id: long not null`
      def to_s
        "#{name}: #{type}#{' not null' unless null?}"
      end

      # @return [String]
      def inspect
        "#<#{self.class} #{self}>"
      end
    end
  end
end
