# frozen_string_literal: true

require "digest"
require "fileutils"
require "json"
require "tmpdir"
require "uri"

module Conformance
  # Delta tables of other engines, with the rows that they hold, where such a collection is at hand.
  class Corpus
    ROOT = ENV.fetch("DELTALAKE_CORPUS") { File.expand_path("../../../shared/corpus", __dir__) }

    def self.present?
      File.directory?(File.join(ROOT, "tables"))
    end

    # @return [Array<CorpusTable>]
    def self.tables
      Dir[File.join(ROOT, "tables", "*", "expected.json")].map { |file| CorpusTable.new(File.dirname(file)) }
    end
  end

  # A table of the corpus.
  class CorpusTable
    PLACEHOLDER = "{{"
    private_constant :PLACEHOLDER

    attr_reader :name

    def initialize(folder)
      @folder = folder
      @name = File.basename(folder)
      @expected = JSON.parse(File.read(File.join(folder, "expected.json")))
    end

    # @return [Array<Hash>] what reading it or its changes must give, or that it must be refused; what the log says
    def cases
      @expected["cases"]
    end

    # The schema at a case's version.
    def schema(corpus_case)
      corpus_case["schema"] || @expected["schema"]
    end

    # The expected lines of a case, or nil where they are too many to be kept.
    def lines(corpus_case)
      corpus_case["rows"] && File.readlines(File.join(@folder, corpus_case["rows"]), chomp: true, encoding: "UTF-8")
    end

    # Yields the table's folder: a copy where its log holds absolute paths, which are filled in.
    def open
      logs = placed
      return yield source if logs.empty?

      Dir.mktmpdir do |folder|
        table = File.join(folder, @name)
        FileUtils.cp_r(source, table)
        logs.each { |log| fill_in(File.join(table, "_delta_log", File.basename(log)), table) }
        yield table
      end
    end

    # Whether it cannot be moved.
    def placed?
      placed.any?
    end

    private

    def source
      File.join(@folder, "table")
    end

    # The files of the log that hold absolute paths.
    def placed
      Dir[File.join(source, "_delta_log", "*.json")].select { |file| File.binread(file).include?(PLACEHOLDER) }
    end

    def fill_in(log, table)
      text = File.read(log, encoding: "UTF-8").gsub("{{TABLE_URL}}", "file://#{table}")
                 .gsub("file:{{FOLDER_WITH_SPECIAL_CHAR}}", "file://#{table}/folder%26with%25special%20char")
      FileUtils.chmod(0o644, log)
      File.write(log, text)
    end
  end
end
