# frozen_string_literal: true

require_relative "crate"
require_relative "rings"

module Layers
  # The rules of ARCHITECTURE.md, held against the files of a checkout.
  class Check
    CORE_LEVELS = {
      "error" => 0, "clock" => 0, "context" => 0,
      "schema" => 1, "value" => 1, "action" => 1, "features" => 1, "properties" => 1, "path" => 1,
      "variant" => 1,
      "storage" => 2, "ingest" => 2, "log" => 3, "deletion_vector" => 3, "snapshot" => 4, "expr" => 4, "stats" => 4,
      "scan" => 5, "write" => 5, "upkeep" => 5, "txn" => 6, "ops" => 7, "fuzzing" => 8
    }.freeze
    NATIVE_LEVELS = { "bridge" => 0, "convert" => 1, "class" => 2 }.freeze
    # Files that may import each other, and why no other way is better.
    RECURSIVE = [
      # A column of structs, lists or maps holds columns: the types nest, and so does the code.
      %w[convert::encode::column convert::encode::nested convert::encode::row],
      %w[ingest::columns::column ingest::columns::nested]
    ].freeze
    MAX_LINES = 500
    RUBY_FILES = "{lib,exe,script,rakelib,ext}/**/*.{rb,rake}"

    def initialize(root)
      @root = root
    end

    # @return [Array<String>] one line for each broken rule
    def findings
      core = Crate.new(File.join(@root, "ext/core/src"))
      native = Crate.new(File.join(@root, "ext/deltalake/src"))
      [
        levels(core, CORE_LEVELS), rings(core), levels(native, NATIVE_LEVELS), rings(native),
        ruby_in_core(core), gvl(native), unsafe_code(core, native), lengths(core, native)
      ].flatten
    end

    private

    def levels(crate, table)
      unknown_modules(crate, table) + upward_imports(crate, table)
    end

    def unknown_modules(crate, table)
      unknown = crate.production.filter_map { |file| file.module_path.first }.uniq - table.keys
      unknown.map { |name| "#{name} is in no layer: add it to the table in script/layers/check.rb" }
    end

    def upward_imports(crate, table)
      crate.edges.filter_map do |edge|
        from, to = [edge.from, edge.to].map(&:first)
        next if table.fetch(to, 0) <= table.fetch(from, 0)

        "#{place(edge.file)}:#{edge.line}: #{from} (level #{table.fetch(from, 0)}) imports " \
          "#{to} (level #{table.fetch(to, 0)}), which is higher"
      end
    end

    # Between top-level modules, and between the files of each.
    def rings(crate)
      within, between = crate.edges.partition { |edge| edge.from.first == edge.to.first }
      groups = ring_groups(between, &:first) + ring_groups(within) { |path| path.join("::") }
      (groups - RECURSIVE).map { |group| "modules import each other in a ring: #{group.join(', ')}" }
    end

    def ring_groups(edges)
      Rings.new(edges.map { |edge| [yield(edge.from), yield(edge.to)] }).to_a
    end

    def ruby_in_core(core)
      manifest = File.join(@root, "ext/core/Cargo.toml")
      named = File.readlines(manifest).each.with_index(1).filter_map do |line, number|
        ruby = line.sub(/#.*/, "").match?(/\b(magnus|rb[-_]sys)\b/)
        "#{place(manifest)}:#{number}: the core depends on Ruby" if ruby
      end
      named + matches(core.files, /\b(magnus|rb_sys)\b/) { |word| "the core names #{word}" }
    end

    def gvl(native)
      files = native.files.reject { |file| file.module_path == %w[bridge gvl] }
      matches(files, /\b(rb_thread_\w+|rb_nogvl)\b/) { |word| "#{word} is named outside bridge/gvl.rs" }
    end

    def unsafe_code(core, native)
      allowed = native.files.select do |file|
        file.module_path.first == "bridge" || file.module_path == %w[convert fast]
      end
      matches(core.files + native.files - allowed, /\b(unsafe)\b/) { "unsafe code outside bridge/ and convert/fast.rs" }
    end

    def lengths(core, native)
      rust = (core.production + native.production).map { |file| [file.path, file.source.production_lines] }
      ruby = Dir[File.join(@root, RUBY_FILES)].map { |path| [path, File.foreach(path).count] }
      (rust + ruby).select { |_, lines| lines > MAX_LINES }.map do |path, lines|
        "#{place(path)}: #{lines} lines; past #{MAX_LINES} there is a second idea in the file"
      end
    end

    def matches(files, pattern)
      files.flat_map do |file|
        file.source.code.each_line.with_index(1).filter_map do |line, number|
          "#{place(file.path)}:#{number}: #{yield(Regexp.last_match(1))}" if line =~ pattern
        end
      end
    end

    def place(path)
      path.delete_prefix("#{@root}/")
    end
  end
end
