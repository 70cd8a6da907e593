# frozen_string_literal: true

require "bigdecimal"
require "date"
require "time"
require_relative "../time_json"

module DeltaLake
  module Sidekiq
    # Rows as arguments of jobs, and back: what JSON has no form for is an object of one key: a kind, its parts. Symbols
    # become Strings. Nothing but values of columns is ever made of it.
    # @api private
    module RowJSON
      # The key of such objects.
      MARK = "~"
      private_constant :MARK

      class << self
        # @param value [Object]
        # @return [Object] of what JSON has
        # @raise [TypeError] where no column takes such a value
        def dump(value)
          case value
          when nil, true, false, Integer then value
          when String then text(value)
          when Symbol then text(value.to_s)
          when Float then value.finite? ? value : marked("float", value.to_s)
          when Hash then hash(value)
          when Array then value.map { |item| dump(item) }
          else other(value)
          end
        end

        # @param value [Object] what {.dump} gave, perhaps in another process
        # @return [Object]
        def load(value)
          case value
          when Array then value.map { |item| load(item) }
          when Hash then value.key?(MARK) ? unmarked(*value[MARK]) : value.transform_values { |item| load(item) }
          else value
          end
        end

        private

        def marked(*parts)
          { MARK => parts }
        end

        # Sidekiq takes no subclass of String, as Rails' SafeBuffer is.
        def text(value)
          value = String.new(value) unless value.instance_of?(String)
          utf8 = value.encoding == Encoding::UTF_8 || value.encoding == Encoding::US_ASCII
          return value if utf8 && value.valid_encoding?

          marked("bytes", [value].pack("m0"), value.encoding.name)
        end

        def hash(value)
          words = value.keys.all? { |key| key.is_a?(String) || key.is_a?(Symbol) }
          plain = value.to_h { |key, item| [text(key.to_s), dump(item)] } if words
          return plain if plain && !plain.key?(MARK) && plain.keys.all?(String)

          marked("map", value.map { |key, item| [dump(key), dump(item)] })
        end

        def other(value)
          case value
          when BigDecimal then marked("decimal", value.to_s)
          when Rational then marked("rational", value.to_s)
          when DateTime then marked("datetime", TimeJSON.dump_date_time(value))
          when Date then marked("date", TimeJSON.dump_date(value))
          else time(value)
          end
        end

        def time(value)
          parts = TimeJSON.dump(value) or raise TypeError, "a row has a #{value.class}, which no column takes"
          marked("time", parts)
        end

        def unmarked(kind, value, encoding = nil)
          case kind
          when "bytes" then value.unpack1("m0").force_encoding(encoding)
          when "float" then { "NaN" => Float::NAN, "Infinity" => Float::INFINITY }.fetch(value, -Float::INFINITY)
          when "map" then value.to_h { |key, item| [load(key), load(item)] }
          when "decimal" then BigDecimal(value)
          when "rational" then Rational(value)
          when "date", "time", "datetime" then day_or_time(kind, value)
          else raise ArgumentError, "rows have values of kind #{kind.inspect}: another version of deltalake wrote them"
          end
        end

        # Text is what versions before wrote.
        def day_or_time(kind, value)
          return (kind == "date" ? Date : Time).iso8601(value) if value.is_a?(String)

          case kind
          when "date" then TimeJSON.load_date(value)
          when "time" then TimeJSON.load(*value)
          else TimeJSON.load_date_time(*value)
          end
        end
      end
    end
  end
end
