# frozen_string_literal: true

require_relative "python"

RSpec.describe "What changed in Python deltalake's tables", :python do
  around { |example| Dir.mktmpdir { |folder| (@folder = File.join(folder, "table")) && example.run } }

  it "is the same over every range of versions" do
    ranges = python("feed.py", @folder)
    expect(ranges.size).to be >= 13
    table = DeltaLake.open(@folder)
    ranges.each do |range|
      changes = table.changes(from: range["first"], to: range["last"])
      found = changes.select(*changes.schema.names - [:_commit_timestamp]).to_a
      expect(CanonicalRows.new(range["schema"]).lines(found)).to eq(range["rows"]),
                                                                 "from #{range['first']} to #{range['last']}"
    end
  end
end
