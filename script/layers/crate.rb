# frozen_string_literal: true

require_relative "imports"
require_relative "rust_source"

module Layers
  # The modules of a crate, by path (`["log", "replay"]`; the root is `[]`), and which names which.
  class Crate
    # `from` and `to` are module paths.
    Edge = Struct.new(:from, :to, :file, :line)
    File = Struct.new(:path, :module_path, :source, :imports)

    attr_reader :files

    def initialize(folder)
      @folder = folder
      @files = Dir[::File.join(folder, "**/*.rs")].map { |path| read(path) }
      @by_module = @files.to_h { |file| [file.module_path, file] }
    end

    # The modules that are compiled into a release.
    def production
      tests = files.flat_map { |file| file.source.test_modules.map { |name| file.module_path + [name] } }
      files.reject { |file| tests.any? { |test| file.module_path.first(test.size) == test } }
    end

    # What each module needs of others; the root is above all of them, and free.
    def edges
      inner = production.reject { |file| file.module_path.empty? }
      inner.flat_map { |file| edges_of(file) }.uniq { |edge| [edge.from, edge.to] }
    end

    private

    def read(path)
      source = RustSource.new(::File.read(path))
      parts = path.delete_prefix("#{@folder}/").delete_suffix(".rs").split("/")
      parts.pop if parts.last == "mod" || parts == ["lib"]
      File.new(path, parts, source, Imports.new(source.production).to_a)
    end

    def edges_of(file)
      from = file.module_path
      file.imports.filter_map do |import|
        target = resolve(from, import.segments)
        next if target.to_a.empty? || target == from || facade?(from, target, import)

        Edge.new(from, target, file.path, import.line)
      end
    end

    # A module that re-exports what its own children hold needs nothing of them.
    def facade?(from, target, import)
      import.reexport && target.first(from.size) == from
    end

    # The module in which the thing at the end of a path lives, through re-exports; nil for another crate's.
    def resolve(from, segments, hops = 0)
      absolute = absolute(from, segments)
      return nil if absolute.nil? || hops > 10

      size = absolute.size.downto(0).find { |count| @by_module.key?(absolute.first(count)) }
      owner = absolute.first(size)
      reexport = @by_module[owner].imports.find { |import| import.reexport && import.name == absolute[size] }
      return owner unless reexport && size < absolute.size

      resolve(owner, reexport.segments, hops + 1) || owner
    end

    def absolute(from, segments)
      first, *rest = segments
      case first
      when "crate" then rest
      when "self" then from + rest
      when "super" then climb(from, segments)
      else from + segments if @by_module.key?(from + [first])
      end
    end

    def climb(from, segments)
      levels = segments.take_while { |segment| segment == "super" }.size
      from.take([from.size - levels, 0].max) + segments.drop(levels)
    end
  end
end
