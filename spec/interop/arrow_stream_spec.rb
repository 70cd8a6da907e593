# frozen_string_literal: true

require_relative "every_type"
require_relative "libruby"
require_relative "python"

# Streams stay in their process, so Python takes Ruby into its own.
RSpec.describe "What Python reads of our Arrow streams", :python do
  include Libruby

  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  def columns_of(schema, names)
    { "type" => "struct", "fields" => schema["fields"].select { |field| names.include?(field["name"]) } }
  end

  def lines(rows, schema, names)
    CanonicalRows.new(columns_of(schema, names)).lines(rows.map { |row| row.slice(*names.map(&:to_sym)) })
  end

  def read(table, *scan)
    python("arrow_stream.py", libruby, File.expand_path("../../lib", __dir__), table.uri, *scan)
  end

  def expect_same(table, rows, *scan)
    schema = JSON.parse((scan.empty? ? table : rows).schema.to_json)
    *found, released = read(table, *scan)
    expect(found.map { |one| one["by"] }).to eq(["pyarrow", "pyarrow, as a capsule", "polars", "duckdb"])
    expect(released["columns"]).to eq([1])
    found.each { |one| expect(one["rows"]).to eq(lines(rows, schema, one["columns"])), "by #{one['by']}" }
  end

  it "is every row of every type" do
    table = DeltaLake.create(File.join(@folder, "table"), schema: EveryType::SCHEMA, partition_by: [:date])
    table.append(EveryType.rows)
    expect_same(table, EveryType.rows)
  end

  it "is what a scan is narrowed to, over many batches" do
    table = DeltaLake.create(File.join(@folder, "table"), schema: { id: :long, name: :string, x: :double })
    3.times { |i| table.append(Array.new(30_000) { |j| { id: (i * 30_000) + j, name: "n#{j % 7}", x: j * 0.5 } }) }
    scan = table.where(name: %w[n1 n4], id: 10_000..70_000).select(:x, :id)
    expect_same(table, scan, "$table.where(name: %w[n1 n4], id: 10_000..70_000).select(:x, :id)")
  end
end
