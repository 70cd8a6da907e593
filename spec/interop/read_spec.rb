# frozen_string_literal: true

require_relative "python"

RSpec.describe "What we read of Python deltalake's tables", :python do
  around { |example| Dir.mktmpdir { |folder| (@folder = File.join(folder, "table")) && example.run } }

  # Makes tables, and compares each of their versions with what Python says of them.
  def expect_same_of(scenario)
    made = python("write.py", scenario, @folder)
    expect(made).not_to be_empty
    made.each do |one|
      one.fetch("rows").each do |version, lines|
        snapshot = DeltaLake.open(one["table"], version: Integer(version))
        found = CanonicalRows.new(JSON.parse(snapshot.schema.to_json)).lines(snapshot.to_a)
        expect(found).to eq(lines), "#{one['table']} at version #{version}"
      end
    end
    made
  end

  it "is every row of every type" do
    expect_same_of("append")
  end

  it "is every row of tables partitioned by each type" do
    expect(expect_same_of("partitioned").size).to be >= 15
  end

  it "is the same from a checkpoint whose commits are gone" do
    expect_same_of("checkpoint")
    expect { DeltaLake.open(@folder, version: 4) }.to raise_error(DeltaLake::Error)
  end

  it "is every version of a table after deletes, updates, merges, compaction, overwrites and restores" do
    versions = expect_same_of("changes").first["rows"].size
    expect(versions).to be >= 14
    expect(DeltaLake.open(@folder).history.size).to eq(versions)
  end

  it "is nil in the rows that were written before a column was added" do
    expect_same_of("evolution")
  end
end
