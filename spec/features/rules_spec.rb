# frozen_string_literal: true

RSpec.describe "Appending to a table that asks something of its rows" do
  def stored
    DeltaLake.open(table_path).to_a
  end

  describe "constraints" do
    let!(:table) do
      fields = [delta_field("id", "long"), delta_field("price", "decimal(10,2)"),
                delta_field("name", "string", { "delta.invariants": '{"expression":{"expression":"name <> \'x\'"}}' })]
      table_with_features(fields, %w[checkConstraints invariants],
                          properties: { "delta.constraints.positive": "price > 0 AND id IS NOT NULL" })
    end

    it "are kept" do
      rows = [{ id: 1, price: BigDecimal("1.5"), name: "a" }]
      table.append(rows)
      expect(stored).to eq(rows)
    end

    it "name constraint, row and values, and nothing is written" do
      good = Array.new(2_500) { |i| { id: i, price: 1, name: "a" } }
      [{ id: 1, price: -1, name: "a" }, { id: 1, price: nil, name: "a" }].each do |bad|
        expect { table.append(good + [bad]) }
          .to raise_error(DeltaLake::ConstraintViolationError,
                          /row 2500: the constraint positive \(price > 0 AND id IS NOT NULL\) .*price is (-1.00|null)/)
      end
      expect { table.append([{ id: 1, price: 1, name: "x" }]) }
        .to raise_error(DeltaLake::ConstraintViolationError, /row 0: the invariant of column name .*name is "x"/)
      expect(strays).to be_empty
      expect(versions_on_disk).to eq([0])
    end

    it "leave out a bad row where that is asked for" do
      rows = Array.new(3_000) { |i| { id: i, price: i % 1_000 == 7 ? 0 : 1, name: "a" } }
      rows[100] = { id: "?", price: 1, name: "a" }
      bad = []
      commit = table.append(rows, on_bad_row: ->(row, error) { bad << [row[:id], error.class] })
      broken = DeltaLake::ConstraintViolationError
      expect(bad).to eq([[7, broken], ["?", DeltaLake::SchemaMismatchError], [1_007, broken], [2_007, broken]])
      expect([commit.rows, commit.metrics[:bad_rows]]).to eq([2_996, 4])
      expect(stored.map { |row| row[:id] }).to match_array(rows.map { |row| row[:id] } - bad.map(&:first))
    end

    it "leave out bad lines of JSON and bad rows of Arrow streams too" do
      rows = Array.new(3_000) { |i| { id: i, price: i % 1_000 == 7 ? 0 : 1, name: "a" } }
      lines = rows.map { |row| JSON.generate(row) }
      lines[100] = "{"
      bad = []
      table.append_json(lines, on_bad_row: ->(line, error) { bad << [line, error.message[/\Aline \d+/], error.class] })
      broken = DeltaLake::ConstraintViolationError
      expect(bad).to eq([[lines[7], "line 8", broken], ["{", "line 101", DeltaLake::SchemaMismatchError],
                         [lines[1_007], "line 1008", broken], [lines[2_007], "line 2008", broken]])
      source = create_table({ id: :long, price: "decimal(12,2)", name: :string }, path: table_path("source"))
      source.append(rows)
      bad = []
      commit = table.append(source, on_bad_row: ->(row, error) { bad << [row[:id], error.class] })
      expect(bad).to eq([[7, broken], [1_007, broken], [2_007, broken]])
      expect([commit.rows, table.count]).to eq([2_997, 2_996 + 2_997])
    end

    it "that cannot be computed refuse the write by name" do
      path = table_path("odd")
      properties = { "delta.constraints.odd": "my_function(id)" }
      odd = table_with_features([delta_field("id", "long")], %w[checkConstraints], path: path, properties: properties)
      expect { odd.append([{ id: 1 }]) }
        .to raise_error(DeltaLake::UnsupportedFeatureError, /the constraint odd .*my_function/m)
      expect(files_on_disk(path)).to be_empty
    end
  end

  describe "generated columns" do
    let!(:table) do
      fields = [delta_field("at", "timestamp"),
                delta_field("day", "date", { "delta.generationExpression": "CAST(at AS DATE)" })]
      table_with_features(fields, %w[generatedColumns], partition_by: %w[day])
    end

    it "are computed where a row has no such key, with Symbol and with String keys" do
      table.append([{ at: Time.utc(2026, 1, 2, 3) }, { "at" => Time.utc(2026, 1, 3) },
                    { at: Time.utc(2026, 1, 4), day: Date.new(2026, 1, 4) }, { at: nil }, {}])
      days = [Date.new(2026, 1, 2), Date.new(2026, 1, 3), Date.new(2026, 1, 4), nil, nil]
      expect(stored.map { |row| row[:day] }).to match_array(days)
      expect(table.where(day: Date.new(2026, 1, 3)).pluck(:at)).to eq([Time.utc(2026, 1, 3)])
    end

    it "are computed in lines of JSON and in Arrow rows too" do
      table.append_json(['{"at":"2026-01-02T03:00:00Z"}', '{"day":"2026-01-03","at":"2026-01-03T00:00:00Z"}'])
      times = table_path("times")
      source = create_table({ at: :timestamp }, path: times)
      source.append([{ at: Time.utc(2026, 1, 4) }])
      table.append(DeltaLake.open(times).select(:at))
      expect(stored.map { |row| row[:day].day }).to contain_exactly(2, 3, 4)
      expect { table.append_json(['{"at":"2026-01-02T03:00:00Z","day":null}']) }
        .to raise_error(DeltaLake::ConstraintViolationError, /line 1: the generated column day/)
    end

    it "must be what is computed where they are given, nil too" do
      [Date.new(2026, 1, 1), nil].each do |day|
        expect { table.append([{ at: Time.utc(2026, 1, 2), day: day }]) }
          .to raise_error(DeltaLake::ConstraintViolationError, /row 0: the generated column day \(CAST\(at AS DATE\)\)/)
      end
      expect(strays).to be_empty
    end
  end

  describe "defaults" do
    let!(:table) do
      fields = [delta_field("id", "long"),
                delta_field("country", "string", { CURRENT_DEFAULT: "'DE'" }, nullable: false),
                delta_field("n", "integer", { CURRENT_DEFAULT: "6 * 7" }),
                delta_field("at", "timestamp", { CURRENT_DEFAULT: "current_timestamp()" })]
      table_with_features(fields, %w[allowColumnDefaults])
    end

    it "stand where a row has no such key" do
      before = Time.now
      table.append([{ id: 1 }, { id: 2, country: "FR", n: nil, at: nil }])
      first, second = stored.sort_by { |row| row[:id] }
      expect(first).to include(id: 1, country: "DE", n: 42)
      expect(first[:at]).to be_between(before - 1, Time.now)
      expect(second).to eq({ id: 2, country: "FR", n: nil, at: nil })
    end

    it "stand in lines of JSON and in Arrow rows" do
      table.append_json(['{"id":1}', '{"country":"FR","id":2,"n":null}'])
      path = table_path("ids")
      create_table({ id: :long }, path: path).append([{ id: 3 }])
      table.append(DeltaLake.open(path).select(:id))
      found = stored.sort_by { |row| row[:id] }.map { |row| row.values_at(:id, :country, :n) }
      expect(found).to eq([[1, "DE", 42], [2, "FR", nil], [3, "DE", 42]])
    end

    it "do not stand for nil where a column allows none" do
      expect { table.append([{ id: 1, country: nil }]) }.to raise_error(DeltaLake::SchemaMismatchError, /country/)
    end
  end

  describe "identity columns" do
    def identity(explicit)
      settings = { start: 1, step: 1, allowExplicitInsert: explicit }
      fields = [delta_field("id", "long", settings.transform_keys { |key| "delta.identity.#{key}" }),
                delta_field("name", "string", { comment: "é" })]
      table_with_features(fields, %w[identityColumns], properties: { "delta.appendOnly": "true" })
    end

    it "count on from append to append" do
      table = identity(false)
      table.append([{ name: "a" }, { name: "b" }])
      table.append([{ name: "c" }])
      DeltaLake.open(table_path).append([{ name: "d" }])
      expect(stored.sort_by { |row| row[:id] }.map(&:values)).to eq([[1, "a"], [2, "b"], [3, "c"], [4, "d"]])
      metadata = actions(3).find { |action| action["metaData"] }["metaData"]
      field = JSON.parse(metadata["schemaString"])["fields"][0]
      expect(field["metadata"]["delta.identity.highWaterMark"]).to eq(4)
      expect(metadata["configuration"]).to eq({ "delta.appendOnly" => "true" })
    end

    it "are not to be given where they are always generated" do
      table = identity(false)
      [7, nil].each do |id|
        expect { table.append([{ id: id, name: "a" }]) }
          .to raise_error(DeltaLake::ConstraintViolationError, /row 0: the identity column id is given/)
      end
    end

    it "may be given where that is allowed, and that moves no mark" do
      table = identity(true)
      table.append([{ id: 100, name: "a" }])
      expect(actions(1).none? { |action| action["metaData"] }).to be(true)
      table.append([{ name: "b" }, { id: 50, name: "c" }])
      expect(stored.map { |row| row[:id] }).to contain_exactly(100, 1, 50)
    end

    it "are there once, whoever is first" do
      table = identity(false)
      DeltaLake.open(table_path).append([{ name: "a" }])
      table.append([{ name: "b" }])
      expect(stored).to contain_exactly({ id: 1, name: "a" }, { id: 2, name: "b" })
    end
  end

  describe "char and varchar" do
    let!(:table) do
      fields = [delta_field("c", "string", { __CHAR_VARCHAR_TYPE_STRING: "char(3)" }),
                delta_field("v", "string", { __CHAR_VARCHAR_TYPE_STRING: "varchar(3)" })]
      table_with_features(fields, %w[appendOnly], partition_by: %w[c])
    end

    it "pads the one, and refuses what is too long" do
      table.append([{ c: "é", v: "ab   " }])
      expect(stored).to eq([{ c: "é  ", v: "ab " }])
      expect { table.append([{ c: "abcd", v: "" }]) }
        .to raise_error(DeltaLake::ConstraintViolationError, /row 0: column c is a char\(3\)/)
    end
  end
end
