# frozen_string_literal: true

require "bigdecimal"
require "ipaddr"
require "json"
require "time"

module DeltaLake
  class Append
    class Relation
      # Values of an attribute as text, for what a database has as another type and a table as `string`.
      # @api private
      class Text
        # Attributes of which every value is JSON, texts too.
        JSON_TYPES = %i[json jsonb].freeze
        private_constant :JSON_TYPES

        # @param type [ActiveModel::Type::Value] of the attribute
        def initialize(type)
          @type = type
          @json = JSON_TYPES.include?(type.type)
        end

        # @return [Object] a String; where there is none for such a value, the value, for the table to refuse
        def of(value)
          return if value.nil?
          return JSON.generate(value) if @json

          case value
          when String, Symbol then value
          when Hash, Array then JSON.generate(value)
          else scalar(value)
          end
        end

        private

        # By no format that an application may have set.
        def scalar(value)
          case value
          when Time, DateTime then @type.type == :time ? time_of_day(value) : value.to_time.getutc.iso8601(6)
          when Date then value.iso8601
          when BigDecimal then value.to_s("F")
          when Numeric, true, false then value.to_s
          when IPAddr then address(value)
          when Range then "#{of(value.begin)}#{value.exclude_end? ? '...' : '..'}#{of(value.end)}"
          else other(value)
          end
        end

        def time_of_day(time)
          time.strftime("%H:%M:%S.%6N").sub(/\.?0+\z/, "")
        end

        def address(address)
          bits = address.ipv4? ? 32 : 128
          address.prefix == bits ? address.to_s : "#{address}/#{address.prefix}"
        end

        # What the database has for it.
        def other(value)
          text = @type.serialize(value)
          text.is_a?(String) ? text : value
        end
      end
    end
  end
end
