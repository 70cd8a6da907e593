# frozen_string_literal: true

require "zlib"

module DeltaLake
  class Sync
    # What has to be known of each key at once does not grow with the table: keys are dealt out to passes, and the files
    # are read once for each.
    # @api private
    class Passes
      # Keys that are held at once, about.
      KEYS = 1_000_000

      # The keys of one pass.
      Pass = Struct.new(:number, :of) do
        # Not Ruby's own hash: that of another process is another one.
        def include?(key)
          of == 1 || Zlib.crc32(key.is_a?(Array) ? key.join("\0") : key.to_s) % of == number
        end
      end

      # @param rows [Integer]
      # @return [Array<Pass>]
      def self.for(rows)
        of([rows.fdiv(KEYS).ceil, 1].max)
      end

      # @return [Array<Pass>]
      def self.of(count)
        Array.new(count) { |number| Pass.new(number, count) }
      end
    end
  end
end
