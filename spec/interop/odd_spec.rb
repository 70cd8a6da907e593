# frozen_string_literal: true

require_relative "python"

RSpec.describe "What we read of unusual Parquet files", :python do
  def expect_all_of(scenario)
    made = python("odd.py", scenario, table_path)
    made.each do |one|
      table = DeltaLake.open(one["table"])
      lines = CanonicalRows.new(JSON.parse(table.schema.to_json)).lines(table.to_a)
      expect(lines).to eq(one.fetch("rows").fetch("0").sort), one["table"]
    end
    made
  end

  it "is the same however pyarrow is asked to write it" do
    expect(expect_all_of("forms").size).to be >= 50
  end

  it "is the same of Arrow's own types, which files and their footers tell of" do
    expect(expect_all_of("arrow").size).to be >= 20
  end

  it "is found by field ids at every level" do
    table = DeltaLake.open(expect_all_of("ids").first["table"])
    expect(table.where(id: 6).pluck(:id)).to eq([6])
    expect(table.where(p: "é", id: 7).explain).to include(files_pruned_by_stats: 1, files_to_read: 0)
    expect(table.where(p: "e").count).to eq(0)
    table.append([{ id: 1_000 }])
    expect(table.where(id: 1_000).count).to eq(1)
  end

  it "is plain values of variants, whole and shredded" do
    made = expect_all_of("variants")
    table = DeltaLake.open(made.last["table"])
    object = table.first[:v]
    expect(object).to eq("a" => 1, "z" => ["x", true])
    expect(object.keys).to all(be_frozen)
    expect(table.where(v: nil).count).to eq(1)
    expect { table.where(v: 1).to_a }.to raise_error(ArgumentError, /variant/)
    with_gc_stress { expect(table.to_a.size).to eq(6) }
    table.append([{ v: { "b" => [1, nil] } }])
    expect(table.pluck(:v)).to include("b" => [1, nil])
  end
end
