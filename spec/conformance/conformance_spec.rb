# frozen_string_literal: true

require "yaml"
require_relative "corpus"
require_relative "outcome"

RSpec.describe "Tables of other engines" do
  unless Conformance::Corpus.present?
    it "give their rows" do
      skip "there is no corpus at #{Conformance::Corpus::ROOT}; DELTALAKE_CORPUS names another place"
    end
    next
  end

  # A table's word for all its cases, or a word for each: "pass", or the table features that it is refused for.
  expectations = YAML.safe_load(File.read(File.join(__dir__, "expectations.yml")))
  tables = Conformance::Corpus.tables

  it "are all listed, and no others" do
    cases = tables.to_h { |table| [table.name, table.cases.map { |corpus_case| corpus_case["id"] }] }
    listed = expectations.to_h { |name, words| [name, words.is_a?(Hash) ? words.keys : cases[name]] }
    expect(listed.transform_values { |ids| ids&.sort }).to eq(cases.transform_values(&:sort))
  end

  tables.each do |table|
    words = expectations[table.name]
    table.cases.each do |corpus_case|
      word = words.is_a?(Hash) ? words[corpus_case["id"]] : words
      next unless word

      it "#{table.name}, #{corpus_case['id']}: #{word}" do
        expect(Conformance::Outcome.new(table, corpus_case).wrong(word)).to be_nil
      end
    end
  end
end
