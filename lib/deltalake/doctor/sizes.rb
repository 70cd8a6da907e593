# frozen_string_literal: true

module DeltaLake
  class Doctor
    # Sizes in words.
    # @api private
    module Sizes
      UNITS = [[1 << 40, "TB"], [1 << 30, "GB"], [1 << 20, "MB"], [1 << 10, "KB"]].freeze
      private_constant :UNITS

      class << self
        # @param bytes [Integer]
        # @return [String]
        def bytes(bytes)
          size, name = UNITS.find { |unit, _| bytes >= unit }
          size ? "#{(bytes / size.to_f).round(1)} #{name}" : "#{bytes} bytes"
        end

        # @param seconds [Numeric]
        # @return [String]
        def age(seconds)
          return "#{(seconds / 86_400).round} days" if seconds >= 2 * 86_400
          return "#{(seconds / 3600).round} hours" if seconds >= 2 * 3600

          seconds >= 120 ? "#{(seconds / 60).round} minutes" : "#{[seconds.round, 0].max} seconds"
        end

        # @return [String] `count` of what is named
        def many(count, word)
          "#{count} #{word}#{'s' unless count == 1}"
        end
      end
    end
  end
end
