# frozen_string_literal: true

require "deltalake"

RSpec.describe "Deletion vectors" do
  # Deletes rows 3, 4, 7, 11, 18 and 29 of a file.
  let(:vector) do
    { storageType: "i", pathOrInlineDv: "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", sizeInBytes: 44,
      cardinality: 6 }
  end
  let(:live) { (0...30).to_a - [3, 4, 7, 11, 18, 29] }
  let(:table) { DeltaLake.open(table_path) }

  before do
    create_table({ id: :long }).append((0...30).map { |id| { id: id } })
    features = %w[deletionVectors]
    protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features }
    add = actions(1).find { |action| action.key?("add") }.fetch("add")
    remove = add.slice("path", "size", "partitionValues").merge(dataChange: true, deletionTimestamp: 0)
    lines = [{ protocol: protocol }, { remove: remove }, { add: add.merge("deletionVector" => vector) }]
    File.write(commit_file(2), lines.map { |line| JSON.generate(line) }.join("\n"))
  end

  it "leave out the rows that are deleted, at the versions that have them" do
    expect(table.pluck(:id)).to eq(live)
    expect(table.where(id: 4..12).pluck(:id)).to eq([5, 6, 8, 9, 10, 12])
    expect(table.limit(5).pluck(:id)).to eq(live.first(5))
    expect(table.at(version: 1).pluck(:id)).to eq((0...30).to_a)
  end

  it "are counted" do
    expect(table.count).to eq(24)
    expect(table.where(id: 4..12).count).to eq(6)
    expect(table.files.map { |file| [file.rows, file.deleted_rows] }.to_a).to eq([[24, 6]])
    expect(table.at(version: 1).files.map { |file| [file.rows, file.deleted_rows] }.to_a).to eq([[30, 0]])
  end

  it "do not stand in the way of appends" do
    table.append([{ id: 3 }])
    expect(DeltaLake.open(table_path).pluck(:id)).to match_array(live + [3])
  end
end
