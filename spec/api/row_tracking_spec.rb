# frozen_string_literal: true

require "deltalake"

RSpec.describe "Row tracking" do
  let(:table) { DeltaLake.open(table_path) }

  def metadata(configuration)
    actions(0).find { |action| action.key?("metaData") }.fetch("metaData").merge("configuration" => configuration)
  end

  before do
    create_table({ id: :long, note: :string }).append((0...4).map { |id| { id: id, note: "n#{id}" } })
    features = %w[rowTracking domainMetadata]
    protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: features }
    add = actions(1).find { |action| action.key?("add") }.fetch("add")
    tracked = add.merge("baseRowId" => 10, "defaultRowCommitVersion" => 2)
    lines = [{ protocol: protocol }, { metaData: metadata("delta.enableRowTracking" => "true") }, { add: tracked }]
    File.write(commit_file(2), lines.map { |line| JSON.generate(line) }.join("\n"))
  end

  it "gives ids and commit versions to who asks for them" do
    expect(table.select(:_row_id, :note).first).to eq({ _row_id: 10, note: "n0" })
    expect(table.where(id: 2..).pluck(:_row_id, :_row_commit_version)).to eq([[12, 2], [13, 2]])
    expect(table.select(:_row_id).schema.names).to eq([:_row_id])
    expect(table.to_a).to eq((0...4).map { |id| { id: id, note: "n#{id}" } })
  end

  it "is missed by name" do
    expect { table.at(version: 1).select(:_row_id) }.to raise_error(ArgumentError, /_row_id.*delta.enableRowTracking/)
    expect { table.where(_row_id: 12) }.to raise_error(ArgumentError, /no column _row_id to choose rows by/)
  end
end
