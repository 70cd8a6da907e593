# frozen_string_literal: true

module Layers
  # A path that a file names: its segments, the name it is known by here, whether it is re-exported, and its line.
  Import = Struct.new(:segments, :name, :reexport, :line)

  # Finds the paths in blanked Rust code: `use` trees spread out, and paths written in place.
  class Imports
    USE = /(?<visibility>\bpub(?:\s*\([^)]*\))?\s+)?\buse\s+(?<tree>[^;]+);/m

    def initialize(code)
      @code = code
    end

    def to_a
      used + written_in_place
    end

    private

    def used
      @code.to_enum(:scan, USE).flat_map do
        match = Regexp.last_match
        line = line_at(match.begin(:tree))
        spread(match[:tree].gsub(/\s+/, " ").strip).map do |path, name|
          Import.new(path, name, !match[:visibility].nil?, line)
        end
      end
    end

    def written_in_place
      rest = @code.gsub(USE) { |use| use.gsub(/[^\n]/, " ") }
      rest.to_enum(:scan, /(?<![\w:$.])[a-z_]\w*(?:\s*::\s*\w+)+/).map do
        match = Regexp.last_match
        Import.new(match[0].gsub(/\s/, "").split("::"), nil, false, line_at(match.begin(0)))
      end
    end

    # `a::{b, c::{self, d as e}}` to [[a b] b] [[a c] c] [[a c d] e].
    def spread(tree, prefix = [])
      tree = tree.delete_prefix("::").strip
      if (match = /\A(?<head>[^{]*)\{(?<body>.*)\}\z/m.match(tree))
        head = prefix + match[:head].split("::").map(&:strip).reject(&:empty?)
        return split_list(match[:body]).flat_map { |part| spread(part, head) }
      end
      path, name = tree.split(/\s+as\s+/)
      segments = prefix + path.split("::").map(&:strip)
      segments.pop if segments.last == "self" && segments.size > 1
      [[segments, name || segments.last]]
    end

    def split_list(body)
      depth = 0
      body.each_char.with_object([+""]) do |char, parts|
        depth += { "{" => 1, "}" => -1 }.fetch(char, 0)
        char == "," && depth.zero? ? parts.push(+"") : parts.last << char
      end.map(&:strip).reject(&:empty?)
    end

    def line_at(offset)
      @code[0...offset].count("\n") + 1
    end
  end
end
