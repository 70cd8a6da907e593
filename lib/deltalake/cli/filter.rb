# frozen_string_literal: true

require "bigdecimal"

module DeltaLake
  module CLI
    # Conditions of the command line, such as `price>=10`.
    # @api private
    module Filter
      # What is written, and what native conditions call it.
      OPERATORS = { "==" => "=", "=" => "=", "!=" => "!=", "<>" => "!=", "<=" => "<=", ">=" => ">=", "<" => "<",
                    ">" => ">" }.freeze
      # Column, operator, value.
      FORM = /\A\s*(?<path>[^\s=!<>][^=!<>]*?)\s*(?<operator>==|!=|<>|<=|>=|=|<|>)\s*(?<value>.*?)\s*\z/m

      class << self
        # @param scan [Scan]
        # @param schema [DeltaLake::Schema]
        # @param texts [Array<String>, nil] all of which a row must meet
        # @param sql [Array<String>, nil] SQL, all of which a row must meet too
        # @return [Scan]
        def apply(scan, schema, texts, sql = nil)
          scan = scan.with_conditions(texts.map { |text| condition(text, schema) }) unless texts.to_a.empty?
          sql.to_a.reduce(scan) { |narrowed, text| narrowed.where(text) }
        end

        private

        def condition(text, schema)
          match = FORM.match(text) or
            raise UsageError, "--where #{text.inspect} is not COLUMN, one of = != < <= > >=, and a value"

          path, type = find(match[:path], schema)
          operator = OPERATORS.fetch(match[:operator])
          return null(operator, path, text) if match[:value] == "null"

          [operator, path, literal(unquoted(match[:value]), type, text)]
        end

        def null(operator, path, text)
          return [operator == "=" ? "null" : "not_null", path] if %w[= !=].include?(operator)

          raise UsageError, "--where #{text.inspect}: null goes with = and != only"
        end

        # A name with dots in it is a column's, or else reaches into structs.
        def find(name, schema)
          field = schema.field(name)
          return [[name], field.type] if field

          path = name.split(".")
          type = path.reduce(DeltaLake::Schema::StructType.new(schema.fields)) do |inner, step|
            inner = inner.is_a?(DeltaLake::Schema::StructType) ? inner.field(step) : nil
            inner&.type or raise UsageError, "there is no column #{name.inspect}; there are #{schema.names.join(', ')}"
          end
          [path, type]
        end

        def unquoted(text)
          text[/\A(['"])(.*)\1\z/m, 2] || text
        end

        def literal(text, type, condition)
          case type.to_s
          when "byte", "short", "integer", "long", /\Adecimal/ then BigDecimal(text)
          when "float", "double" then Float(text, exception: false) || special(text) || BigDecimal(text)
          when "boolean" then boolean(text)
          else text
          end
        rescue ArgumentError
          raise UsageError, "--where #{condition.inspect}: #{text.inspect} is no #{type}"
        end

        def special(text)
          { "nan" => Float::NAN, "infinity" => Float::INFINITY, "-infinity" => -Float::INFINITY }[text.downcase]
        end

        def boolean(text)
          raise ArgumentError unless %w[true false].include?(text)

          text == "true"
        end
      end
    end
  end
end
