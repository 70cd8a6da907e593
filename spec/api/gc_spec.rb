# frozen_string_literal: true

# Every way of values between Ruby and the native module, in few steps: under GC.stress each allocation is a collection.
RSpec.describe "garbage collection", :gc do
  schema = { id: :long, price: "decimal(5,2)", name: :string, raw: :binary, day: :date, at: :timestamp,
             tags: [:string], more: DeltaLake::Schema.map(:string, :double), where: { x: :boolean } }
  row = { id: 1, price: BigDecimal("1.25"), name: "ü", raw: "\xFF".b, day: Date.new(2026, 1, 2),
          at: Time.utc(2026, 1, 2, 3), tags: ["a", nil], more: { "k" => 0.5 }, where: { x: true } }

  let(:table) { create_table(schema, partition_by: :day) }

  it "takes nothing that is still in use: rows in" do
    commit = table.append([row], once: "key", metadata: { a: 1 })
    expect(commit.rows).to eq(1)
    expect { table.append([{ id: "x" }]) }.to raise_error(DeltaLake::SchemaMismatchError)
  end

  it "takes nothing that is still in use: lines in" do
    seen = []
    commit = table.append_json(['{"id":1,"day":"2026-01-01"}', "{", '{"id":"x"}'], on_bad_row: ->(*bad) { seen << bad })
    expect(commit.rows).to eq(1)
    expect(seen.map(&:first)).to eq(["{", '{"id":"x"}'])
    expect(seen.map(&:last)).to all(be_a(DeltaLake::SchemaMismatchError))
  end

  describe "with a row" do
    before { table.append([row]) }

    it "takes nothing that is still in use: rows out" do
      expect(table.scan.each.next).to eq(row)
    end

    it "takes nothing that is still in use: Arrow in" do
      copy = create_table(schema, path: table_path("copy"))
      expect(copy.append(table.arrow_c_stream).rows).to eq(1)
      few = create_table({ id: "long not null" }, path: table_path("few"))
      nulls = create_table({ id: :long }, path: table_path("nulls")).tap { |t| t.append([{ id: nil }]) }
      seen = []
      few.append(nulls, on_bad_row: ->(bad, _) { seen << bad })
      expect(seen).to eq([{ id: nil }])
    end

    it "takes nothing that is still in use: columns out" do
      expect(table.to_columns).to eq(row.transform_values { |value| [value] })
    end

    it "takes nothing that is still in use: conditions" do
      scan = table.where(id: [1, 2], price: 1.., name: "ü", day: Date.new(2026, 1, 2), where: { x: true })
      expect(scan.count).to eq(1)
    end

    it "takes nothing that is still in use: the log" do
      expect(table.history.first.operation).to eq("WRITE")
      expect(table.files.first.partition).to eq({ day: Date.new(2026, 1, 2) })
      expect(table.at(version: 1).version).to eq(1)
    end
  end
end
