# frozen_string_literal: true

require_relative "python"

RSpec.describe "Tables that were changed, as Python deltalake reads them", :python do
  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  let(:schema) { { id: :integer, s: :string, n: { x: :long } } }
  let(:table) do
    DeltaLake.create(File.join(@folder, "table"), schema: schema).tap { |table| table.append([first]) }
  end
  let(:first) { { id: 1, s: "a", n: { x: 1 } } }

  def expect_rows(rows)
    read = python("read.py", table.uri, "--query").first
    schema = JSON.parse(table.schema.to_json)
    expect(read).to include("schema" => schema, "rows" => CanonicalRows.new(schema).lines(rows))
    expect(DeltaLake.open(table.uri).to_a).to match_array(rows)
  end

  it "have new columns" do
    table.alter do |a|
      a.add_column :note, :string
      a.add_column "n.y", :string
    end
    table.append([{ id: 2, note: "b", n: { y: "c" } }])
    expect_rows([first.merge(n: { x: 1, y: nil }, note: nil), { id: 2, s: nil, n: { x: nil, y: "c" }, note: "b" }])
  end

  it "have columns renamed, dropped and made again" do
    table.alter { |a| a.set_properties "delta.columnMapping.mode" => "name" }
    table.append([{ id: 2, s: "b" }])
    table.alter do |a|
      a.rename_column :s, :t
      a.rename_column "n.x", :y
    end
    table.append([{ id: 3, t: "c", n: { y: 3 } }])
    expect_rows([{ id: 1, t: "a", n: { y: 1 } }, { id: 2, t: "b", n: nil }, { id: 3, t: "c", n: { y: 3 } }])
    table.alter { |a| a.drop_column :t }
    table.alter { |a| a.add_column :t, :string }
    table.append([{ id: 4, t: "d" }])
    expect_rows([{ id: 1, n: { y: 1 }, t: nil }, { id: 2, n: nil, t: nil }, { id: 3, n: { y: 3 }, t: nil },
                 { id: 4, n: nil, t: "d" }])
  end

  it "have features turned on, and constraints" do
    table.alter do |a|
      a.set_properties "delta.enableDeletionVectors" => true, "delta.enableChangeDataFeed" => true
      a.add_constraint :positive, "id > 0"
      a.change_null :id, true
    end
    table.append([{ id: 2 }])
    expect_rows([first, { id: 2, s: nil, n: nil }])
  end

  it "refuse rows that a constraint of ours refuses" do
    table.alter { |a| a.add_constraint :positive, "id > 0" }
    expect { python("break_constraint.py", table.uri) }.to raise_error(/1 rows failed validation/)
    expect(DeltaLake.open(table.uri).count).to eq(1)
  end
end
