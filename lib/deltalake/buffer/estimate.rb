# frozen_string_literal: true

module DeltaLake
  class Buffer
    # About how much memory a row holds on to.
    # @api private
    module Estimate
      # Of an object, and of a place in an Array or a Hash.
      OBJECT = 40
      PLACE = 8
      private_constant :OBJECT, :PLACE

      # @param value [Object]
      # @return [Integer]
      def self.bytes(value)
        case value
        when String then OBJECT + value.bytesize
        when Hash then value.sum(OBJECT) { |key, item| PLACE + bytes(key) + bytes(item) }
        when Array then value.sum(OBJECT) { |item| bytes(item) }
        when Integer, Float, Symbol, true, false, nil then PLACE
        else OBJECT
        end
      end
    end
  end
end
