# frozen_string_literal: true

require_relative "every_type"
require_relative "python"

RSpec.describe "Statistics of our data files, by a Python reader of the log", :python do
  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  def check(table)
    result = python("check_statistics.py", table.uri).first
    expect(result["wrong"]).to eq([])
    result
  end

  it "are those of the rows, for every column that can have them" do
    table = DeltaLake.create(File.join(@folder, "table"), schema: EveryType::SCHEMA)
    EveryType.rows.each { |row| table.append([row]) }
    table.append(EveryType.rows)

    result = check(table)
    bounded = EveryType::PRIMITIVE - %i[boolean binary] + %i[id]
    expect(result["columns"]).to include(*bounded.map(&:to_s), "struct.x")
    expect(result["checked"]["files"]).to eq(6)
    expect(result["checked"]["nullCount"]).to be >= 6 * (EveryType::PRIMITIVE.size + 1)
  end

  it "are those of partitions' rows" do
    table = DeltaLake.create(File.join(@folder, "table"), schema: EveryType::SCHEMA, partition_by: [:string])
    table.append(EveryType.rows)
    expect(check(table)["checked"]["files"]).to eq(5)
  end

  it "bound long texts, at characters and not at bytes" do
    table = DeltaLake.create(File.join(@folder, "table"), schema: { a: :string, b: :string, c: :string })
    table.append([{ a: "é" * 100, b: "\u{10FFFF}" * 100, c: "#{'x' * 31}\u{10FFFF}yz" }])
    check(table)
  end

  it "hold with NaN and infinities" do
    table = DeltaLake.create(File.join(@folder, "table"), schema: { f: :float, d: :double })
    table.append([{ f: Float::NAN, d: 1.5 }, { f: 2.5, d: Float::INFINITY }, { f: 1.5, d: -Float::INFINITY }])
    check(table)
    expect(table.where(d: 1.5).pluck(:f).map(&:nan?)).to eq([true])
    expect(table.where(f: 2.0..).count).to be >= 1
  end
end
