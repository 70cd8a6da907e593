# frozen_string_literal: true

module DeltaLake
  module CLI
    # The lines of a text that has one row in each, but for blank ones; which row is in which line.
    # @api private
    class Lines
      BYTE_ORDER_MARK = "\u{feff}".b.freeze
      private_constant :BYTE_ORDER_MARK

      # @param text [#each_line]
      def initialize(text)
        @text = text
        @blank = []
      end

      # @yieldparam line [String]
      # @return [Enumerator]
      def each_line
        return to_enum(__method__) unless block_given?

        @text.each_line.with_index(1) do |line, number|
          line = without_mark(line) if number == 1
          @blank << number if line.b.strip.empty?
          yield line
        end
      end

      # @param error [Error] which may name a row
      # @return [Error] that names the line instead
      def placed(error)
        error.class.new(error.message.sub(/\Arow (\d+)/) { "line #{number(Integer(Regexp.last_match(1)))}" })
      end

      private

      def without_mark(line)
        line.b.start_with?(BYTE_ORDER_MARK) ? line.byteslice(BYTE_ORDER_MARK.bytesize..) : line
      end

      # Rows count from 0, lines from 1.
      def number(row)
        @blank.reduce(row + 1) { |line, blank| blank <= line ? line + 1 : (break line) }
      end
    end
  end
end
