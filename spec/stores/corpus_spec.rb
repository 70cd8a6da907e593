# frozen_string_literal: true

require "yaml"
require_relative "../conformance/corpus"
require_relative "../conformance/outcome"

# A table of another engine that is copied to a store is there what it is on disk.
RSpec.describe "Tables of other engines" do
  # Deletion vectors, checkpoints of every kind, column mapping, change feeds, odd names, damage.
  sample = %w[dat-deletion_vectors dat-multi_partitioned dat-with_checkpoint gen-cdf-dv-partitioned
              gen-cm-id-partition-rename gen-cp-v2-parquet-sidecars gen-dv-random-prefix gen-names-unicode-case
              golden-data-reader-timestamp_ntz jkernel-spark-shredded-variant-preview-delta mut-dv-files-gone
              mut-truncated-data-file rkernel-cdf-table-delete-conditional-two-rows spark-table-with-dv-small]

  unless Conformance::Corpus.present?
    it "give their rows in stores" do
      skip "there is no corpus at #{Conformance::Corpus::ROOT}; DELTALAKE_CORPUS names another place"
    end
    next
  end

  expectations = YAML.safe_load(File.read(File.expand_path("../conformance/expectations.yml", __dir__)))
  # Those with the addresses of files in their log are tables of one place.
  tables = Conformance::Corpus.tables.reject(&:placed?)

  on_every_store do
    tables.each do |table|
      it "give all that #{table.name} holds", long: !sample.include?(table.name) do
        key = SecureRandom.hex(8)
        table.open { |folder| server.put_folder(folder, "#{key}/table") }
        place = { uri: server.uri("#{key}/table"), storage: storage }
        wrong = table.cases.filter_map do |corpus_case|
          words = expectations[table.name]
          word = words.is_a?(Hash) ? words[corpus_case["id"]] : words
          found = word && Conformance::Outcome.new(table, corpus_case, **place).wrong(word)
          "#{corpus_case['id']}: #{found}" if found
        end
        expect(wrong).to eq([])
      end
    end
  end
end
