# frozen_string_literal: true

require "strscan"

module Layers
  # The text of a Rust file with comments, literals and test code blanked out, line numbers kept.
  class RustSource
    LITERAL = Regexp.union(
      %r{//[^\n]*},
      /b?r(?<hashes>#*)".*?"\k<hashes>/m,
      /b?"(?:\\.|[^"\\])*"/m,
      /b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'\n])'/
    )
    TEST_ATTRIBUTE = /#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*/m

    # All code, tests included.
    attr_reader :code
    # The code that is compiled into a release.
    attr_reader :production

    def initialize(text)
      @code = blank_literals(text)
      @production = blank_tests(@code)
    end

    # Modules declared here for tests only.
    def test_modules
      code.scan(/#{TEST_ATTRIBUTE}(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;/m).flatten
    end

    def production_lines
      tests = code.lines.zip(production.lines).count { |all, kept| all != kept }
      code.lines.size - tests
    end

    private

    def blank_literals(text)
      scanner = StringScanner.new(text)
      result = +""
      until scanner.eos?
        blanked = scanner.check(%r{/\*}) ? block_comment(scanner) : scanner.scan(LITERAL)
        # A whole word at a time, so that the end of `or"` is not taken for a raw string.
        result << (blanked ? blank(blanked) : scanner.scan(/\w+/) || scanner.getch)
      end
      result
    end

    # They nest in Rust.
    def block_comment(scanner)
      text = +""
      depth = 0
      loop do
        part = scanner.scan_until(%r{/\*|\*/}) || break
        text << part
        depth += part.end_with?("/*") ? 1 : -1
        break if depth.zero?
      end
      text << scanner.rest.tap { scanner.terminate } unless depth.zero?
      text
    end

    def blank_tests(code)
      result = code.dup
      position = 0
      while (start = result.index(TEST_ATTRIBUTE, position))
        finish = end_of_item(result, Regexp.last_match.end(0))
        result[start...finish] = blank(result[start...finish])
        position = finish
      end
      result
    end

    # An item ends at its semicolon, or where its first brace closes.
    def end_of_item(code, position)
      depth = 0
      while (position = code.index(/[{};]/, position))
        case code[position]
        when "{" then depth += 1
        when "}" then depth -= 1
        end
        position += 1
        return position if depth <= 0
      end
      code.size
    end

    def blank(text)
      text.gsub(/[^\n]/, " ")
    end
  end
end
