# frozen_string_literal: true

require "bigdecimal"
require "date"
require "json"

module DeltaLake
  class Sync
    # Values of a table as text, for what has no types for them: times in UTC as ISO 8601, decimals with all their
    # digits, arrays, structs and maps as JSON.
    # @api private
    module Values
      class << self
        # @return [String]
        def text(value)
          case value
          when String then value
          when BigDecimal then value.to_s("F")
          when Time then value.getutc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ")
          when Date then value.iso8601
          when Hash, Array then json(value)
          else value.to_s
          end
        end

        # @return [String] JSON text: decimals, dates and times are Strings in it, bytes are in Base64
        def json(value)
          JSON.generate(plain(value))
        end

        # @return [Object] of what JSON has
        def plain(value)
          case value
          when nil, true, false, Integer then value
          when Float then number(value)
          when String then value.encoding == Encoding::BINARY ? [value].pack("m0") : value
          when Array then value.map { |item| plain(item) }
          when Hash then value.to_h { |key, item| [key.is_a?(Symbol) ? key.name : text(key), plain(item)] }
          else text(value)
          end
        end

        private

        # JSON has no infinities.
        def number(value)
          value.finite? ? value : value.to_s
        end
      end
    end
  end
end
