# frozen_string_literal: true

RSpec.describe "Overwriting in a table that asks something of its rows" do
  def stored
    DeltaLake.open(table_path).to_a
  end

  def identity_table
    settings = { start: 1, step: 1, allowExplicitInsert: false }
    fields = [delta_field("id", "long", settings.transform_keys { |key| "delta.identity.#{key}" }),
              delta_field("name", "string")]
    table_with_features(fields, %w[identityColumns])
  end

  it "keeps the identities of rows that stay, and counts on for new ones" do
    table = identity_table
    table.append(%w[a b c d].map { |name| { name: name } })
    table.overwrite([{ name: "b" }], where: "name = 'b'")
    expect(stored.sort_by { |row| row[:id] }.map(&:values)).to eq([[1, "a"], [3, "c"], [4, "d"], [5, "b"]])
    table.overwrite([{ name: "e" }])
    expect(stored).to eq([{ id: 6, name: "e" }])
  end

  it "rides over appends with identities of their own" do
    table = identity_table
    table.append([{ name: "a" }])
    other = DeltaLake.open(table_path)
    rows = Enumerator.new do |y|
      y << { name: "b" }
      other.append([{ name: "c" }])
    end
    table.overwrite(rows, where: "name = 'b'")
    expect(stored.map { |row| row[:name] }).to match_array(%w[a b c])
    expect(stored.map { |row| row[:id] }.uniq.size).to eq(3)
  end

  it "looks at values that the table fills in: generated, default, padded" do
    fields = [delta_field("at", "timestamp"),
              delta_field("day", "date", { "delta.generationExpression": "CAST(at AS DATE)" }),
              delta_field("kind", "string", { CURRENT_DEFAULT: "'x'", __CHAR_VARCHAR_TYPE_STRING: "char(3)" })]
    table = table_with_features(fields, %w[generatedColumns allowColumnDefaults], partition_by: %w[day])
    table.append([{ at: Time.utc(2026, 1, 1) }, { at: Time.utc(2026, 1, 2), kind: "y" }])
    table.overwrite([{ at: Time.utc(2026, 1, 1, 5) }], where: "day = DATE '2026-01-01' AND kind = 'x  '")
    expect(stored.map { |row| [row[:at].hour, row[:kind]] }).to contain_exactly([5, "x  "], [0, "y  "])
    expect { table.overwrite([{ at: Time.utc(2026, 1, 3) }], where: { day: Date.new(2026, 1, 1) }) }
      .to raise_error(DeltaLake::ConstraintViolationError, /row 0 is outside/)
    expect(versions_on_disk).to eq([0, 1, 2])
  end

  it "breaks no constraint" do
    table = table_with_features([delta_field("id", "long")], %w[checkConstraints],
                                properties: { "delta.constraints.positive": "id > 0" })
    table.append([{ id: 1 }])
    expect { table.overwrite([{ id: 0 }]) }.to raise_error(DeltaLake::ConstraintViolationError, /positive/)
    expect(stored).to eq([{ id: 1 }])
  end

  %w[name id].each do |mode|
    it "goes by physical names (column mapping by #{mode})" do
      mapped = lambda do |name, physical, id, type|
        delta_field(name, type, { "delta.columnMapping.physicalName": physical, "delta.columnMapping.id": id })
      end
      fields = [mapped["id", "p", 1, "long"], mapped["p", "id", 2, "string"]]
      properties = { "delta.columnMapping.mode": mode, "delta.enableChangeDataFeed": "true" }
      table = table_with_features(fields, %w[columnMapping changeDataFeed], partition_by: %w[p], properties: properties)
      table.append(Array.new(6) { |i| { id: i, p: %w[a b][i % 2] } })
      table.overwrite([{ id: 2, p: "c" }], where: "id = 2")
      expect(stored.map(&:values)).to contain_exactly([0, "a"], [1, "b"], [2, "c"], [3, "b"], [4, "a"], [5, "b"])
      changes = table.changes(from: 2).map { |row| row.values_at(:_change_type, :id, :p) }
      expect(changes).to contain_exactly(["delete", 2, "a"], ["insert", 2, "c"])
    end
  end
end
