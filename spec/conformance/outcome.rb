# frozen_string_literal: true

require "deltalake"
require "digest"
require_relative "../support/canonical_rows"

module Conformance
  # What this library makes of a case of the corpus: nil where it is right, else what is wrong with it.
  class Outcome
    # The classes that say what the corpus calls by these names.
    ERRORS = {
      "not_a_table" => DeltaLake::TableNotFoundError, "version_not_found" => DeltaLake::TableNotFoundError,
      "unsupported_feature" => DeltaLake::UnsupportedFeatureError,
      "unsupported_protocol" => DeltaLake::UnsupportedFeatureError,
      "unsupported_type" => DeltaLake::UnsupportedFeatureError,
      "corrupt_log" => DeltaLake::CorruptTableError, "missing_metadata" => DeltaLake::CorruptTableError,
      "missing_protocol" => DeltaLake::CorruptTableError, "missing_data_file" => DeltaLake::FileNotFoundError,
      "corrupt_data_file" => DeltaLake::CorruptTableError, "missing_dv_file" => DeltaLake::FileNotFoundError,
      "corrupt_dv" => DeltaLake::CorruptTableError, "cdf_not_enabled" => DeltaLake::ConfigurationError
    }.freeze

    # @param table [CorpusTable]
    # @param corpus_case [Hash]
    # @param storage [Hash] options of the store
    # @param uri [String, nil] where the table is; nil for its folder in the corpus
    def initialize(table, corpus_case, uri: nil, storage: {})
      @table = table
      @case = corpus_case
      @uri = uri
      @storage = storage
    end

    # @param expected [String] "pass", or what the refusal must name: table features, separated by commas
    # @return [String, nil]
    def wrong(expected)
      @table.open do |folder|
        result = look(folder)
      rescue DeltaLake::Error => e
        return expected == "pass" ? wrong_refusal(e) : wrong_feature(e, expected)
      else
        return "was not refused for #{expected}" unless expected == "pass"

        return wrong_result(result)
      end
    end

    private

    def look(folder)
      return Conformance.changes(opened(folder), @case["start"], @case["end"]).to_a if changes?

      snapshot = opened(folder, version: @case["version"])
      @case["kind"] == "snapshot" ? Conformance.describe(snapshot) : snapshot.where({}).to_a
    end

    def opened(folder, version: nil)
      DeltaLake.open(@uri || folder, version: version, storage: @storage)
    end

    def changes?
      [@case["kind"], @case["of"]].include?("cdf")
    end

    def wrong_refusal(error)
      return "#{error.class}: #{error.message}" unless @case["kind"] == "refuse"

      classes = @case["error_kinds"].map { |kind| ERRORS.fetch(kind) }.uniq
      # Readers that open files before they have seen every version meet a missing one first.
      classes |= [ERRORS.fetch("cdf_not_enabled")] if changes?
      return if classes.include?(error.class)

      "#{error.class} (#{error.message}) instead of #{classes.join(' or ')}"
    end

    def wrong_feature(error, features)
      return "#{error.class}: #{error.message}" unless error.is_a?(DeltaLake::UnsupportedFeatureError)

      named = error.message[/needs the table features? (.+?), which/, 1]
      return if named ? named == features : error.message.include?(features)

      "the refusal does not name #{features}: #{error.message}"
    end

    def wrong_result(result)
      case @case["kind"]
      when "refuse" then "gave #{result.size} rows instead of a refusal (#{@case['error_kinds'].join(', ')})"
      when "snapshot" then wrong_snapshot(result)
      else wrong_rows(result)
      end
    end

    def wrong_snapshot(found)
      key, value = @case["expect"].find { |name, expected| found.key?(name) && found[name] != expected }
      "#{key}: #{found[key].inspect} instead of #{value.inspect}" if key
    end

    def wrong_rows(rows)
      lines = CanonicalRows.new(@table.schema(@case)).lines(rows)
      return "#{lines.size} rows instead of #{@case['n_rows']}" unless lines.size == @case["n_rows"]
      return if Digest::SHA256.hexdigest(lines.map { |line| "#{line}\n" }.join) == @case["sha256"]

      expected = @table.lines(@case)
      return if expected && same_but_for_variants?(lines, expected)

      "other rows: #{difference(lines, expected)}"
    rescue TypeError => e
      "a value of the wrong kind: #{e.message}"
    end

    def same_but_for_variants?(found, expected)
      return false unless JSON.generate(@table.schema(@case)).include?('"variant"')

      [found, expected].map { |lines| lines.map { |line| CanonicalRows.plain(line) }.sort }.uniq.one?
    end

    def difference(found, expected)
      return "their digest is another" unless expected

      "#{(found - expected).first.inspect} instead of #{(expected - found).first.inspect}"
    end
  end

  # What changed between two versions, without the times: they come from files that were copied.
  def self.changes(table, first, last)
    changes = table.changes(from: first, to: last)
    changes.select(*changes.schema.names - [:_commit_timestamp])
  end

  # What a table's log says, by the names that the corpus uses.
  def self.describe(table)
    files = table.files.map { |file| file.path.delete_prefix("file://") }.sort
    { "version" => table.version, "num_files" => files.size, "files" => files,
      "partition_columns" => table.partition_by.map(&:to_s), "schema" => JSON.parse(table.schema.to_json),
      "min_reader_version" => table.protocol.min_reader_version,
      "min_writer_version" => table.protocol.min_writer_version,
      "configuration" => table.properties.transform_keys(&:to_s),
      "txns" => table.transactions, "domain_metadata" => table.domain_metadata }
  end
end
