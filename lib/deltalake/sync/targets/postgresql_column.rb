# frozen_string_literal: true

require_relative "../values"

module DeltaLake
  class Sync
    module Targets
      # A column on its way to PostgreSQL: the values of a batch as the text of one array. Numbers go by the driver's
      # own encoders, and times as microseconds, since to write them out takes longer than all else together.
      # @api private
      class PostgreSQLColumn
        # Exact for all times: what PostgreSQL multiplies an interval by is a double.
        TIME = "timestamp 'epoch' + (%<c>s / 1000000) * interval '1 second' + " \
               "(%<c>s %% 1000000) * interval '1 microsecond'"
        # What the driver encodes by itself, and as what. Its Float writes one digit less than a double takes.
        ENCODERS = { "byte" => :Integer, "short" => :Integer, "integer" => :Integer, "long" => :Integer,
                     "float" => :String, "double" => :String, "boolean" => :Boolean }.freeze
        private_constant :TIME, :ENCODERS

        class << self
          # @param type [Schema::Type] of the table's column
          # @param column [Object] of the model
          # @return [PostgreSQLColumn]
          def of(name, type, column)
            case type.to_s
            when "timestamp", "timestamp_ntz" then time(name, column)
            when *ENCODERS.keys then new(name, element_type(column), element: ENCODERS.fetch(type.to_s))
            else new(name, element_type(column), convert: text(type.to_s, column))
            end
          end

          private

          # A cast to a type with a length cuts what is longer without a word; to put it into the column is refused.
          def element_type(column)
            case column.sql_type
            when /\A(character|bpchar)\b/ then "text"
            when /\Abit\b/ then "bit varying"
            else column.sql_type.sub(/\(-?\d+(, ?-?\d+)?\)/, "")
            end
          end

          def time(name, column)
            unless %i[datetime timestamp timestamptz].include?(column.type)
              return new(name, element_type(column), convert: ->(time) { time && Values.text(time) })
            end

            zoned = column.sql_type.include?("with time zone") || column.sql_type.include?("timestamptz")
            new(name, "bigint", element: :Integer, convert: micros(column.precision || 6),
                                form: zoned ? "(#{TIME}) AT TIME ZONE 'UTC'" : TIME)
          end

          # ActiveRecord cuts digits that a column has no place for, where PostgreSQL rounds.
          def micros(digits)
            step = 10**(6 - digits)
            ->(time) { time && ((time.to_i * 1_000_000) + (time.usec / step * step)) }
          end

          # What makes text of a value, and nil of nil; nil where Ruby's own does.
          def text(type, column)
            case type
            # In Rails an application says what `to_s` of a date is.
            when "date" then ->(date) { date&.iso8601 }
            when "binary" then ->(bytes) { bytes && "\\x#{bytes.unpack1('H*')}" }
            when /\Adecimal/ then ->(number) { number&.to_s("F") }
            when "variant" then %i[json jsonb].include?(column.type) ? optional(:json) : optional(:text)
            when /[<(]/ then optional(:json)
            end
          end

          def optional(name)
            ->(value) { value.nil? ? nil : Values.public_send(name, value) }
          end
        end

        # @return [String]
        attr_reader :name
        # @return [String] of the array's elements
        attr_reader :sql_type

        # @param element [Symbol, nil] the driver's encoder for the values
        # @param convert [Proc, nil] what is made of a value before, which may be nil
        # @param form [String] what is made of it in SQL
        def initialize(name, sql_type, element: nil, convert: nil, form: "%<c>s")
          @name = name
          @sql_type = sql_type
          @convert = convert
          @form = form
          @encoder = element ? numbers(element) : PG::TextEncoder::Array.new
          @texts = element.nil?
        end

        # @param values [Array] of the column
        # @return [String]
        def array(values)
          values = values.map(&@convert) if @convert
          (@texts && quoted(values)) || @encoder.encode(values)
        end

        # @param column [String] of the arrays as a table
        # @return [String] SQL for the value
        def expression(column)
          format(@form, c: column)
        end

        private

        def numbers(element)
          PG::TextEncoder::Array.new(elements_type: PG::TextEncoder.const_get(element).new, needs_quotation: false)
        end

        # The driver looks at each byte of texts; where none has anything to escape, to join them takes a third of that.
        #
        # @return [String, nil] nil where something has, or is nil
        def quoted(values)
          return unless values.all?

          text = values.join('","')
          "{\"#{text}\"}" unless text.include?("\\") || text.count('"') != 2 * (values.size - 1)
        end
      end
    end
  end
end
