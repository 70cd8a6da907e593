# frozen_string_literal: true

require "bigdecimal"
require "date"
require "time"

module DeltaLake
  module CLI
    # Values in JSON, by their Delta type, there and back: times in ISO 8601 (with Z where they are instants), decimals
    # as text, bytes in Base64, floats that JSON lacks as "NaN", "Infinity" and "-Infinity".
    # @api private
    module JSONValue
      VARIANTS = { Float => "double", Date => "date", Time => "timestamp", Integer => "long", NilClass => "void",
                   TrueClass => "boolean", FalseClass => "boolean" }.freeze
      private_constant :VARIANTS
      SPECIAL = { "NaN" => Float::NAN, "Infinity" => Float::INFINITY, "-Infinity" => -Float::INFINITY }.freeze

      class << self
        # @return [Object] what JSON.generate writes
        def dump(value, type)
          return if value.nil?

          case type
          when DeltaLake::Schema::DecimalType then decimal(value, type.scale)
          when DeltaLake::Schema::ArrayType then value.map { |element| dump(element, type.element) }
          when DeltaLake::Schema::MapType
            value.to_h { |key, item| [dump(key, type.key).to_s, dump(item, type.value)] }
          when DeltaLake::Schema::StructType then dump_struct(value, type.fields)
          else dump_primitive(value, type.name)
          end
        end

        # @param fields [Array<DeltaLake::Schema::Field>]
        # @return [Hash]
        def dump_struct(row, fields)
          fields.to_h { |field| [field.name, dump(row[field.name], field.type)] }
        end

        # @return [Object] what a table takes
        def load(value, type)
          case type
          when DeltaLake::Schema::ArrayType then load_array(value, type)
          when DeltaLake::Schema::MapType then load_map(value, type)
          when DeltaLake::Schema::StructType then load_struct(value, type)
          when DeltaLake::Schema::PrimitiveType then load_primitive(value, type.name)
          else value
          end
        end

        # Keys without a column stay, for the table to complain of.
        def load_struct(value, type)
          return value unless value.is_a?(Hash)

          value.to_h { |name, item| [name, (field = type.field(name)) ? load(item, field.type) : item] }
        end

        private

        def dump_primitive(value, name)
          case name
          when "float", "double" then value.finite? ? value : SPECIAL.key(value) || "NaN"
          when "timestamp" then signed(value.iso8601(6))
          when "timestamp_ntz" then signed(value.iso8601(6).delete_suffix("Z"))
          when "date" then signed(value.iso8601)
          when "binary" then [value].pack("m0")
          when "variant" then dump_variant(value)
          else value
          end
        end

        # ISO 8601 has a sign before years of more than four digits.
        def signed(text)
          text.match?(/\A\d{5}/) ? "+#{text}" : text
        end

        # By what it is: a variant has no type of its own.
        def dump_variant(value)
          case value
          when Hash then value.transform_values { |item| dump_variant(item) }
          when Array then value.map { |item| dump_variant(item) }
          when BigDecimal then value.to_s("F")
          when String then dump_primitive(value, value.encoding == Encoding::BINARY ? "binary" : "string")
          else dump_primitive(value, VARIANTS.fetch(value.class))
          end
        end

        def decimal(value, scale)
          whole, fraction = value.to_s("F").split(".")
          scale.zero? ? whole : "#{whole}.#{fraction.to_s.ljust(scale, '0')}"
        end

        def load_array(value, type)
          value.is_a?(Array) ? value.map { |element| load(element, type.element) } : value
        end

        def load_map(value, type)
          return value unless value.is_a?(Hash)

          value.to_h { |key, item| [load_key(key, type.key.to_s), load(item, type.value)] }
        end

        # JSON has text only as keys.
        def load_key(key, name)
          case name
          when "byte", "short", "integer", "long" then Integer(key, 10, exception: false) || key
          when "float", "double" then SPECIAL.fetch(key) { finite(Float(key, exception: false) || key, key, name) }
          when "boolean" then { "true" => true, "false" => false }.fetch(key, key)
          else load_primitive(key, name)
          end
        end

        def load_primitive(value, name)
          case name
          when "float", "double" then SPECIAL.fetch(value) { float(value, name) }
          when "variant" then load_variant(value)
          when "binary" then value.is_a?(String) ? value.unpack1("m0") : value
          else value
          end
        rescue ArgumentError
          raise Error, "#{value[0, 40].inspect} is not Base64, which binary columns need"
        end

        # Numbers with a fraction are doubles there, as in what `append_json` reads.
        def load_variant(value)
          case value
          when Hash then value.transform_values { |item| load_variant(item) }
          when Array then value.map { |item| load_variant(item) }
          else float(value, "variant")
          end
        end

        def float(value, name)
          value.is_a?(BigDecimal) ? finite(value.to_f, value, name) : value
        end

        # What JSON writes with digits is never an infinity.
        def finite(number, given, name)
          return number unless number.is_a?(Float) && number.infinite?

          raise Error, "#{given.to_s[0, 40]} does not fit a Float, which #{name} columns need"
        end
      end
    end
  end
end
