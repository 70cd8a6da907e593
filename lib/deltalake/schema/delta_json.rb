# frozen_string_literal: true

require "json"

module DeltaLake
  class Schema
    # Reads the `schemaString` of the Delta protocol.
    # @api private
    module DeltaJSON
      # Deeper than any schema that the native module takes, where a level of structs nests three deep.
      MAX_NESTING = 500

      class << self
        # @param text [String]
        # @return [Array<Field>]
        # @raise [ArgumentError] where it is no schema
        def fields(text)
          type = type(JSON.parse(text, max_nesting: MAX_NESTING))
          return type.fields if type.is_a?(StructType)

          raise ArgumentError, "the schema is of type #{type}, not a struct"
        rescue JSON::ParserError => e
          raise ArgumentError, "the schema is not JSON: #{e.message}"
        rescue KeyError => e
          raise ArgumentError, "the schema lacks #{e.key.inspect} in #{e.receiver}"
        end

        private

        def type(value)
          case value
          when String then primitive(value)
          when Hash then nested(value)
          else raise ArgumentError, "the schema has a type that is neither text nor an object: #{value.inspect}"
          end
        end

        # Other engines' types are kept by name: a schema can be shown even where the table cannot be read.
        def primitive(name)
          match = Notation::DECIMAL.match(name)
          match ? DecimalType.new(Integer(match[1], 10), Integer(match[2] || "0", 10)) : PrimitiveType.new(name)
        end

        def nested(value)
          case value.fetch("type")
          when "struct" then StructType.new(value.fetch("fields").map { |item| field(item) })
          when "array"
            ArrayType.new(type(value.fetch("elementType")), contains_null: value.fetch("containsNull", true))
          when "map"
            MapType.new(type(value.fetch("keyType")), type(value.fetch("valueType")),
                        value_contains_null: value.fetch("valueContainsNull", true))
          else raise ArgumentError, "the schema has an unknown type: #{value['type'].inspect}"
          end
        end

        def field(value)
          raise ArgumentError, "the schema has a field that is not an object: #{value.inspect}" unless value.is_a?(Hash)

          Field.new(value.fetch("name"), type(value.fetch("type")), null: value.fetch("nullable", true),
                                                                    metadata: value["metadata"] || {})
        end
      end
    end
  end
end
