# frozen_string_literal: true

RSpec.describe DeltaLake::Schema do
  let(:every_type) do
    described_class.define do
      boolean :a, null: false, comment: "yes or no"
      byte :b
      short :c
      integer :d
      long :e, metadata: { "unit" => "cm" }
      float :f
      double :g
      decimal :h, precision: 12, scale: 2
      string :i
      binary :j
      date :k
      timestamp :l
      timestamp_ntz :m
      array :n, of: :string
      map :o, from: :string, to: "long not null"
      struct :p do
        string :city
        array :lines, of: :struct do
          string :sku, null: false
        end
      end
    end
  end

  let(:delta_json) do
    text = lambda { |name, type, null = true, metadata = {}|
      { "name" => name, "type" => type, "nullable" => null, "metadata" => metadata }
    }
    line = { "type" => "struct", "fields" => [text.call("sku", "string", false)] }
    { "type" => "struct", "fields" => [
      text.call("a", "boolean", false, { "comment" => "yes or no" }), text.call("b", "byte"), text.call("c", "short"),
      text.call("d", "integer"), text.call("e", "long", true, { "unit" => "cm" }), text.call("f", "float"),
      text.call("g", "double"), text.call("h", "decimal(12,2)"), text.call("i", "string"), text.call("j", "binary"),
      text.call("k", "date"), text.call("l", "timestamp"), text.call("m", "timestamp_ntz"),
      text.call("n", { "type" => "array", "elementType" => "string", "containsNull" => true }),
      text.call("o", { "type" => "map", "keyType" => "string", "valueType" => "long", "valueContainsNull" => false }),
      text.call("p", { "type" => "struct", "fields" => [
                  text.call("city", "string"),
                  text.call("lines", { "type" => "array", "elementType" => line, "containsNull" => true })
                ] })
    ] }
  end

  describe ".define" do
    it "has every type, as the protocol writes it" do
      expect(JSON.parse(every_type.to_json)).to eq(delta_json)
    end

    it "gives the definition to a block that takes it" do
      prefix = "x_"
      schema = described_class.define { |s| s.long(:"#{prefix}id") }
      expect(schema.names).to eq([:x_id])
    end

    it "takes a column of any notation" do
      schema = described_class.define { column :id, "long not null" }
      expect(schema).to eq(described_class.from({ id: "long not null" }))
    end

    it "refuses what is no schema" do
      expect { described_class.define }.to raise_error(ArgumentError, /block/)
      expect { described_class.define { nil } }.to raise_error(ArgumentError, /no column/)
      expect do
        described_class.define do
          2.times do
            long :id
          end
        end
      end.to raise_error(ArgumentError, "column id is defined twice")
      expect { described_class.define { long 1 } }.to raise_error(TypeError, /Symbols or Strings/)
      expect { described_class.define { array(:x, of: :string) { long :id } } }
        .to raise_error(ArgumentError, /:struct only/)
      expect { described_class.define { decimal :x, precision: 39 } }
        .to raise_error(ArgumentError, /decimal\(39,0\) is not a type: precision is 1 to 38/)
    end
  end

  describe ".from" do
    it "takes names, nested Hashes and Arrays, and types" do
      schema = described_class.from(
        { "id" => "long not null", price: "decimal( 12, 2 )", tags: [:string], grid: [["double not null"]],
          address: { city: :string, geo: { lat: :double } },
          attributes: described_class.map(:string, [:long]), more: described_class.array(:date, null: false),
          point: described_class.struct { long :x }, cost: described_class.decimal(5) }
      )
      expect(schema.to_s).to eq(
        "id: long not null, price: decimal(12,2), tags: array<string>, grid: array<array<double>>, " \
        "address: struct<city:string,geo:struct<lat:double>>, attributes: map<string,array<long>>, " \
        "more: array<date>, point: struct<x:long>, cost: decimal(5,0)"
      )
      expect(schema.field(:grid).type.element.contains_null?).to be(false)
      expect(schema.field(:more).type.contains_null?).to be(false)
    end

    it "names the types where it knows none of that name" do
      expect { described_class.from({ id: :int }) }
        .to raise_error(ArgumentError, /\Acolumn id: unknown type "int"; types are boolean, byte, .*decimal\(p,s\)/)
      expect { described_class.from({ id: 3 }) }.to raise_error(TypeError, /column id: .* got Integer/)
      expect { described_class.from({ id: %i[long string] }) }.to raise_error(ArgumentError, /the one type/)
      expect { described_class.from({}) }.to raise_error(ArgumentError, /no columns/)
      expect { described_class.from([:id]) }.to raise_error(TypeError, /got Array/)
    end
  end

  describe ".from_json" do
    it "is the other way of to_json" do
      copy = described_class.from_json(every_type.to_json)
      expect(copy).to eq(every_type)
      expect(copy.hash).to eq(every_type.hash)
      expect(copy.to_json).to eq(every_type.to_json)
    end

    it "keeps types that it does not know by name" do
      json = '{"type":"struct","fields":[{"name":"v","type":"variant","nullable":true,"metadata":{}}]}'
      expect(described_class.from_json(json).to_s).to eq("v: variant")
      expect(described_class.from_json(json).to_json).to eq(json)
    end

    it "says what is wrong" do
      expect { described_class.from_json("{") }.to raise_error(ArgumentError, /not JSON/)
      expect { described_class.from_json('"long"') }.to raise_error(ArgumentError, /long, not a struct/)
      expect { described_class.from_json('{"type":"struct"}') }.to raise_error(ArgumentError, /lacks "fields"/)
      expect { described_class.from_json(nil) }.to raise_error(TypeError, /NilClass/)
    end
  end

  describe ".infer" do
    it "finds the narrowest types that lose nothing" do
      rows = [
        { id: 1, score: 1, flag: nil, note: nil, at: Time.now, day: Date.today, big: 2**63, price: BigDecimal("1.25") },
        { id: 2, score: 2.5, flag: true, "note" => :x, raw: "\xFF".b, tags: [[], ["a"]], geo: { lat: 1.0 },
          price: BigDecimal("100") }
      ]
      expect(described_class.infer(rows).to_s).to eq(
        "id: long, score: double, flag: boolean, note: string, at: timestamp, day: date, big: decimal(19,0), " \
        "price: decimal(5,2), raw: binary, tags: array<array<string>>, geo: struct<lat:double>"
      )
    end

    it "does not guess" do
      expect { described_class.infer([]) }.to raise_error(ArgumentError, /no rows/)
      expect { described_class.infer([{ a: nil }]) }.to raise_error(ArgumentError, /column a: every value is nil/)
      expect { described_class.infer([{ a: 1 }, { a: "x" }]) }
        .to raise_error(ArgumentError, "column a has values of different types: long, string")
      expect do
        described_class.infer([{ a: (2**53) + 1 }, { a: 0.5 }])
      end.to raise_error(ArgumentError, /different types/)
      expect do
        described_class.infer([{ a: { b: Object.new } }])
      end.to raise_error(ArgumentError, /column a\.b: .*Object/)
      expect { described_class.infer([{ a: { 1 => 2 } }]) }
        .to raise_error(ArgumentError, /\Acolumn a, value 0: a key is Integer \(1\); columns and fields have names/)
      expect { described_class.infer([{ a: 1 }, { nil => 2 }]) }
        .to raise_error(ArgumentError, /\Arow 1: a key is NilClass \(nil\)/)
      expect { described_class.infer([[1]]) }.to raise_error(TypeError, /row 0 .*Array/)
      expect { described_class.infer({ a: 1 }) }.to raise_error(TypeError, /got Hash/)
    end

    it "holds the rows that it was inferred from" do
      rows = [{ id: 1, price: BigDecimal("-0.001"), tags: ["a"], at: Time.at(0, 5, :microsecond, in: "UTC") }]
      table = create_table(described_class.infer(rows))
      table.append(rows)
      expect(table.to_a).to eq(rows)
    end
  end

  it "tells its columns" do
    expect(every_type.names.first(3)).to eq(%i[a b c])
    expect(every_type.field("a")).to have_attributes(name: :a, null?: false, comment: "yes or no")
    expect(every_type[:h].type).to have_attributes(precision: 12, scale: 2, to_s: "decimal(12,2)")
    expect(every_type[:nope]).to be_nil
    expect(every_type[:e].metadata).to eq({ "unit" => "cm" })
    expect(every_type[:p].type.field(:city).type).to eq(described_class.from({ x: :string })[:x].type)
  end

  it "is frozen, equal by content and shows itself" do
    schema = described_class.from({ id: "long not null" })
    expect(schema).to be_frozen
    expect(schema.fields).to be_frozen
    expect(schema).to eq(described_class.define { long :id, null: false })
    expect(schema).not_to eq(described_class.define { long :id })
    expect({ schema => 1 }[described_class.from({ id: "long not null" })]).to eq(1)
    expect(schema.inspect).to eq("#<DeltaLake::Schema id: long not null>")
    expect(schema.field(:id).inspect).to eq("#<DeltaLake::Schema::Field id: long not null>")
  end
end
