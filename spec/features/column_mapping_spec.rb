# frozen_string_literal: true

RSpec.describe "Appending to a table with column mapping" do
  def mapped(name, physical, id, type)
    delta_field(name, type, { "delta.columnMapping.physicalName": physical, "delta.columnMapping.id": id })
  end

  # Names in files are each other's, at both levels.
  def fields
    list = { type: "array", elementType: pair(21), containsNull: true }
    [mapped("id", "p", 1, "long"), mapped("p", "id", 2, "string"), mapped("s", "col-s", 3, pair(11)),
     mapped("a b,c", "col-l", 4, list)]
  end

  def pair(first)
    { type: "struct", fields: [mapped("x", "y", first, "long"), mapped("y", "x", first + 1, "string")] }
  end

  def rows
    Array.new(4) do |i|
      { id: i, p: %w[a b][i % 2], s: { x: -i, y: "y#{i}" }, "a b,c": [{ x: i, y: nil }, nil] }
    end
  end

  %w[name id].each do |mode|
    it "comes back by its logical names (mode #{mode})" do
      properties = { "delta.columnMapping.mode": mode, "delta.columnMapping.maxColumnId": "12" }
      table = table_with_features(fields, %w[columnMapping], partition_by: %w[p], properties: properties)
      table.append(rows)
      expect(DeltaLake.open(table_path).to_a).to match_array(rows)
      expect(table.where(p: "a", id: 1..).pluck(:id)).to eq([2])
      expect(table.where("s.x < -2").pluck(:id)).to eq([3])

      add = actions(1).filter_map { |action| action["add"] }.first
      expect(add["partitionValues"].keys).to eq(["id"])
      expect(JSON.parse(add["stats"])["minValues"].keys).to eq(%w[p col-s])
      expect(add["path"]).to match(%r{\A[A-Za-z0-9]{2}/part-})
    end
  end

  it "is made with the versions that came before lists of features" do
    table_with_features(fields, %w[columnMapping], properties: { "delta.columnMapping.mode": "name" })
    lines = File.readlines(commit_file(0))
    lines[0] = "#{JSON.generate({ protocol: { minReaderVersion: 2, minWriterVersion: 5 } })}\n"
    File.write(commit_file(0), lines.join)
    DeltaLake.open(table_path).append(rows)
    expect(DeltaLake.open(table_path).to_a).to match_array(rows)
  end
end
