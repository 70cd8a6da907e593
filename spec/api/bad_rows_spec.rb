# frozen_string_literal: true

require "json"
require "time"

# Rows that do not fit: the error names row, column and class, and nothing is written.
RSpec.describe "rows that do not fit" do
  let(:table) do
    create_table({ id: "long not null", small: :byte, name: :string, price: "decimal(5,2)", day: :date, at: :timestamp,
                   ok: :boolean, score: :double, tags: [:string], address: { zip: "string not null" } })
  end

  def expect_refusal(row, message, before: 2, after: 2)
    rows = ([{ id: 0 }] * before) + [row] + ([{ id: 0 }] * after)
    expect do
      table.append(rows)
    end.to raise_error(DeltaLake::SchemaMismatchError, /\Arow #{before}\b.*#{message}/) { |error|
             expect(error).not_to be_retryable
           }
    expect_nothing_written
  end

  def expect_nothing_written
    expect([versions_on_disk, strays]).to eq([[0], []])
    expect(table.append([{ id: 0 }]).version).to eq(1)
  end

  {
    "a wrong type in row 3 of 5" => [{ id: "three" }, /column "id".*String \("three"\)/],
    "an unknown column" => [{ id: 1, nope: 2 }, /nope/],
    "nil in a column without nulls" => [{ id: nil }, /column "id".*nil/],
    "a missing column without nulls" => [{ name: "x" }, /column "id".*(nil|missing)/],
    "nil in a field without nulls" => [{ id: 1, address: { zip: nil } }, /column "address\.zip".*nil/],
    "an Integer past 64 bits" => [{ id: 2**63 }, /column "id".*long.*Integer \(9223372036854775808\)/],
    "an Integer past 8 bits" => [{ id: 1, small: 128 }, /column "small".*byte.*128/],
    "a decimal with too many digits" => [{ id: 1, price: BigDecimal("1000") },
                                         /column "price".*decimal\(5,2\).*BigDecimal/],
    "a decimal with too many digits after the point" => [{ id: 1, price: "0.001" },
                                                         /column "price".*decimal\(5,2\).*0\.001/],
    "a decimal that is NaN" => [{ id: 1, price: BigDecimal("NaN") }, /column "price".*BigDecimal/],
    "invalid UTF-8" => [{ id: 1, name: "a\xFF" }, /column "name".*UTF-8/],
    "text that is no date" => [{ id: 1, day: "2026-02-30" }, /column "day".*date.*"2026-02-30"/],
    "a Float for a boolean" => [{ id: 1, ok: 1.0 }, /column "ok".*true or false.*Float \(1\.0\)/],
    "a text for a double" => [{ id: 1, score: "1.5" }, /column "score".*double.*String/],
    "an element of another type" => [{ id: 1, tags: ["a", 5] }, /column "tags\[1\]".*string.*Integer \(5\)/],
    "an unknown field" => [{ id: 1, address: { zip: "1", nope: 1 } }, /column "address.*nope/],
    "a row that is no Hash" => [[1, 2], /Hash.*Array/],
    "a row that is nil" => [nil, /Hash.*nil/]
  }.each { |name, (row, message)| it("refuse #{name}") { expect_refusal(row, message) } }

  describe "with an empty text in a partition column without nulls" do
    let(:table) { create_table({ id: :long, part: "string not null" }, partition_by: :part) }
    let(:rows) { [{ id: 1, part: "a" }, { id: 2, part: "" }, { id: 3, part: "b" }] }
    let(:lines) { rows.map { |row| JSON.generate(row) } }
    let(:frame) { create_table({ id: :long, part: :string }, path: table_path("frame")).tap { |t| t.append(rows) } }

    it "are refused however they come" do
      refused = /\A(row|line) \d: column part is null, .*\(in a partition column, "" is null\)/
      { append: rows, append_json: lines, overwrite: rows, stage: rows }.each do |way, source|
        expect { table.public_send(way, source) }.to raise_error(DeltaLake::SchemaMismatchError, refused), way.to_s
      end
      [[frame, {}], [rows, { group: true }]].each do |source, options|
        expect { table.append(source, **options) }.to raise_error(DeltaLake::SchemaMismatchError, refused)
      end
      expect([versions_on_disk, strays]).to eq([[0], []])
    end

    it "are left out on request" do
      seen = []
      leave_out = { on_bad_row: ->(bad, error) { seen << [bad, error.message[/\A\w+ \d+: column part is null/]] } }
      expect(table.append(rows, **leave_out).rows).to eq(2)
      expect(table.append(frame, **leave_out).rows).to eq(2)
      expect(table.append_json(lines, **leave_out).rows).to eq(2)
      expect(table.overwrite(rows, **leave_out).rows).to eq(2)
      row = [rows[1], "row 1: column part is null"]
      expect(seen).to eq([row, row, [lines[1], "line 2: column part is null"], row])
      expect(table.pluck(:id, :part).sort).to eq([[1, "a"], [3, "b"]])
    end
  end

  it "are counted from the first row on, over chunks and for any Enumerable" do
    expect_refusal({ id: :x }, /column "id".*Symbol/, before: 12_345, after: 5)
    rows = Enumerator.new { |y| 30_000.times { |id| y << { id: id == 23_456 ? 1.5 : id } } }
    expect { table.append(rows) }.to raise_error(DeltaLake::SchemaMismatchError, /row 23456\b.*column "id".*1\.5/)
    expect(strays).to eq([])
    expect(versions_on_disk).to eq([0, 1])
  end
end
