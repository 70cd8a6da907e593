# frozen_string_literal: true

require "deltalake/cli"
require "stringio"
require "zlib"

RSpec.describe "rows on the command line" do
  def run(*arguments, stdin: "")
    out = StringIO.new
    err = StringIO.new
    code = DeltaLake::CLI.run(arguments, stdin: StringIO.new(stdin), stdout: out, stderr: err)
    [out.string, err.string, code]
  end

  def cat(*arguments)
    out, err, code = run("cat", table_path, *arguments)
    expect([err, code]).to eq(["", 0])
    out.lines.map { |line| JSON.parse(line) }
  end

  describe "changes" do
    before do
      create_table.append(orders(0..1))
      File.write(commit_file(0),
                 File.read(commit_file(0)).sub('"configuration":{',
                                               '"configuration":{"delta.enableChangeDataFeed":"true"'))
      DeltaLake.open(table_path).append(orders(2..2))
    end

    it "writes what changed, and how" do
      out, err, code = run("changes", table_path, "--from", "1", "--columns", "id,_change_type,_commit_version")
      expect([err, code]).to eq(["", 0])
      expect(out.lines.map { |line| JSON.parse(line).values })
        .to eq([[0, "insert", 1], [1, "insert", 1], [2, "insert", 2]])
      out, = run("changes", table_path, "--from", "1970-01-01T00:00:00Z", "--to", "2", "--where", "_commit_version=2")
      expect(JSON.parse(out)).to include("id" => 2, "_commit_timestamp" => /\A\d{4}-.*Z\z/)
    end

    it "needs a first version" do
      told = "deltalake: changes needs --from (deltalake --help tells how)\n"
      expect(run("changes", table_path)).to eq(["", told, 2])
      expect(run("changes", table_path, "--from", "x").last).to eq(2)
      expect(run("changes", table_path, "--from", "1", "--to", "9").last).to eq(3)
    end
  end

  describe "cat" do
    let(:ids) do
      lambda { |*conditions|
        cat("--columns", "id", *conditions.flat_map do |c|
                                 ["--where", c]
                               end).flat_map(&:values).sort
      }
    end

    before do
      create_table({ id: :long, name: :string, price: "decimal(12,2)", score: :double, day: :date, at: :timestamp,
                     ok: :boolean, address: { city: :string } })
        .append([{ id: 1, name: "a", price: 1, score: 1.5, day: "2026-01-01", at: "2026-01-01T10:00:00.5Z", ok: true,
                   address: { city: "Paris" } },
                 { id: 2, name: "b c", price: "2.25", score: -Float::INFINITY, day: "2026-01-02",
                   at: "2026-01-02T10:00:00Z", ok: false },
                 { id: 3, name: "null" }, { id: 4 }])
    end

    it "writes values as JSON has them" do
      expect(cat("--where", "id=1")).to eq(
        [{ "id" => 1, "name" => "a", "price" => "1.00", "score" => 1.5, "day" => "2026-01-01",
           "at" => "2026-01-01T10:00:00.500000Z", "ok" => true, "address" => { "city" => "Paris" } }]
      )
      expect(cat("--where", "id=2").first).to include("price" => "2.25", "score" => "-Infinity", "address" => nil)
    end

    it "takes conditions" do
      { "id=2" => [2], "id==2" => [2], "id != 2" => [1, 3, 4], "id<>2" => [1, 3, 4], "id>2" => [3, 4],
        "id>=2" => [2, 3, 4], "id<2" => [1], "id<=2" => [1, 2], "name=b c" => [2], "name='b c'" => [2],
        "name=null" => [4], "name='null'" => [3], "name!=null" => [1, 2, 3], "price>=2.25" => [2],
        "price=1" => [1], "score<0" => [2], "score=-infinity" => [2],
        "day>2026-01-01" => [2], "at<2026-01-02" => [1], "at=2026-01-01T11:00:00.5+01:00" => [1], "ok=true" => [1],
        "address.city=Paris" => [1], "id>1.5" => [2, 3, 4] }.each do |condition, expected|
        expect(ids.call(condition)).to eq(expected), condition
      end
      expect(ids.call("id>1", "id<4")).to eq([2, 3])
    end

    it "refuses conditions that say nothing" do
      { "id" => /is not COLUMN/, "nope=1" => /no column "nope"; there are id, name/, "id=x" => /"x" is no long/,
        "ok=1" => /is no boolean/, "id>null" => /null goes with = and !=/, "address.nope=1" => /no column/ }
        .each do |condition, message|
        out, err, code = run("cat", table_path, "--where", condition)
        expect([out, code]).to eq(["", 2]), condition
        expect(err).to match(message)
      end
      expect(run("cat", table_path, "--where", "day=soon")).to match(["", /day.*soon/, 2])
    end

    it "takes conditions in SQL" do
      expect(cat("--sql", "id * 2 = 4 AND price > 2", "--columns", "id")).to eq([{ "id" => 2 }])
      expect(cat("--where", "id>1", "--sql", "id < 3", "--sql", "TRUE", "--columns", "id")).to eq([{ "id" => 2 }])
      expect(run("cat", table_path, "--sql", "id >")).to match(["", /missing at the end \(line 1, column 5\)/, 2])
      expect(run("files", table_path, "--sql", "id > 1000")).to eq(["", "", 0])
    end

    it "takes columns, limits and versions" do
      expect(cat("--columns", "name,id", "--limit", "1").first.keys).to eq(%w[name id])
      expect(cat("--limit", "2").size).to eq(2)
      expect(cat("--version", "0")).to eq([])
      expect(cat("--at", (Time.now + 60).iso8601).size).to eq(4)
      expect(run("cat", table_path, "--columns", "nope")).to match(["", /nope/, 2])
    end
  end

  describe "append" do
    it "reads a file, or standard input" do
      create_table
      File.write(File.join(tmpdir, "rows.jsonl"), %({"id":1,"price":"1.5"}\n\n{"id":2,"price":2.25,"country":"Ü"}\n))
      expect(run("append", table_path, File.join(tmpdir, "rows.jsonl")))
        .to match([/\Aversion 1: 2 rows in 1 files, \d+ bytes\n\z/, "", 0])
      expect(run("append", table_path, "-", stdin: %({"id":3}\n)).last).to eq(0)
      expect(DeltaLake.open(table_path).to_a)
        .to contain_exactly({ id: 1, country: nil, price: 1.5 }, { id: 2, country: "Ü", price: 2.25 },
                            { id: 3, country: nil, price: nil })
    end

    it "adds once for a key" do
      create_table
      2.times { expect(run("append", table_path, "-", "--once", "k", stdin: %({"id":3}\n)).last).to eq(0) }
      expect(run("append", table_path, "-", "--once", "k",
                 stdin: %({"id":3}\n)).first).to eq("version 1: nothing appended\n")
      expect(DeltaLake.open(table_path).count).to eq(1)
    end

    it "takes back what cat writes, for every type" do
      schema = { id: :long, f: :float, g: :double, h: "decimal(12,3)", i: :string, j: :binary, k: :date, l: :timestamp,
                 m: :timestamp_ntz, n: [:double], o: DeltaLake::Schema.map(:long, :binary),
                 p: { x: :date, y: ["decimal(3,1)"] }, q: :boolean }
      rows = [{ id: 1, f: 0.5, g: Float::INFINITY, h: BigDecimal("-1.250"), i: "ü\n\t\"", j: "\x00\xFF".b,
                k: Date.new(1500, 2, 3, Date::GREGORIAN), l: Time.at(0, 1, :microsecond, in: "UTC"),
                m: Time.utc(2500, 1, 1),
                n: [1.0, nil], o: { -1 => "x".b, 2 => nil }, q: false,
                p: { x: Date.new(2026, 1, 1), y: [BigDecimal("1.5")] } },
              { id: 2, k: Date.new(10_000, 1, 1), l: Time.utc(10_000), m: Time.utc(-5),
                p: { x: Date.new(-5, 1, 1, Date::GREGORIAN), y: [] } },
              schema.keys.to_h { |name| [name, nil] }]
      create_table(schema).append(rows)
      text, = run("cat", table_path)
      create_table(schema, path: table_path("copy"))
      expect(run("append", table_path("copy"), "-", stdin: text)[1..]).to eq(["", 0])
      expect(DeltaLake.open(table_path("copy")).to_a).to eq(DeltaLake.open(table_path).to_a)
      expect(text).to include('"k":"+10000-01-01","l":"+10000-01-01T00:00:00.000000Z","m":"-0005-01-01T00')
      DeltaLake.create(table_path("json"), schema: { k: :date, l: :timestamp, m: :timestamp_ntz })
               .append_json(text.lines, on_unknown: :ignore)
    end

    it "reads compressed files, and passes over a byte order mark" do
      create_table
      path = File.join(tmpdir, "rows.jsonl.gz")
      File.binwrite(path, Zlib.gzip(%(\u{feff}{"id":1,"country":"Ü"}\n{"id":2})) + Zlib.gzip(%(\n\n{"id":3})))
      expect(run("append", table_path, path)[1..]).to eq(["", 0])
      expect(run("append", table_path, "-", stdin: %(\u{feff}{"id":4}\n)).last).to eq(0)
      expect(DeltaLake.open(table_path).pluck(:id, :country)).to contain_exactly([1, "Ü"], [2, nil], [3, nil], [4, nil])
      File.binwrite(path, Zlib.gzip(%({"id":1}))[..-9])
      expect(run("append", table_path, path)).to match(["", /rows.jsonl.gz is not whole/, 1])
      expect(run("append", table_path, "#{path}.gz")).to match(["", /gz.gz cannot be read/, 1])
    end

    it "names the line, blank ones among them" do
      create_table({ id: :long }, properties: { "delta.constraints.small" => "id < 10" })
      { %({"id":0}\n\n\n{"id":1}\n{"id":"x"}\n) => /: line 5, column "id"/,
        %(\n \n{"id":"x"}\n\n) => /: line 3, column "id"/, %({"id":"x"}\n\n) => /: line 1, column/,
        %({"id":0}\n\n{"id":11}\n\n) => /: line 3: .*small/,
        %(\n{"id":0}\n\n{"zz":11}) => /: line 4, column "zz"/ }.each do |text, message|
        expect(run("append", table_path, "-", stdin: text)).to match(["", message, 1])
      end
    end

    it "keeps numbers in variants numbers" do
      create_table({ id: :long, v: :variant })
      text = %({"id":1,"v":{"a":1.5,"b":[2,{"c":-2.5e3}],"d":"1.5"}}\n)
      expect(run("append", table_path, "-", stdin: text)[1..]).to eq(["", 0])
      expect(DeltaLake.open(table_path).first[:v]).to eq("a" => 1.5, "b" => [2, { "c" => -2500.0 }], "d" => "1.5")
      expect(cat("--columns", "v")).to eq([{ "v" => { "a" => 1.5, "b" => [2, { "c" => -2500.0 }], "d" => "1.5" } }])
      expect(cat.first["v"]["a"]).to be_a(Float)
    end

    it "refuses numbers that only an infinity would stand for" do
      create_table({ f: :float, d: :double, l: [:double], m: DeltaLake::Schema.map(:double, :long), v: :variant })
      { "d" => "1e400", "f" => "-1e400", "l" => "[1,1e400]", "m" => '{"1e400":1}', "v" => '{"a":[1e400]}' }
        .each do |name, value|
        text = %({"d":1.5}\n{"#{name}":#{value}}\n)
        expect(run("append", table_path, "-", stdin: text))
          .to match(["", /line 2: \S*1e40[01] does not fit a Float, which (double|float|variant) columns/, 1]), name
      end
      expect(versions_on_disk).to eq([0])
      infinite = %({"d":"-Infinity","m":{"Infinity":1}}\n)
      expect(run("append", table_path, "-", stdin: infinite).last).to eq(0)
      expect(DeltaLake.open(table_path).first).to include(d: -Float::INFINITY, m: { Float::INFINITY => 1 })
    end

    it "names the line that is wrong, and writes nothing" do
      create_table({ id: :long, raw: :binary })
      { %({"id":1}\n{"id":) => /line 2 is not JSON/, %([1]\n) => /line 1 is not a JSON object/,
        %({"id":1}\n{"raw":"\xFF"}\n) => /line 2 is not UTF-8/,
        %({"id":1}\n{"raw":"?"}\n) => /line 2: "\?" is not Base64/, %({"id":1,"nope":2}\n) => /nope/,
        %({"id":"x"}\n) => /line 1, column "id".*String/ }.each do |text, message|
        expect(run("append", table_path, "-", stdin: text)).to match(["", message, 1]), text
      end
      expect(run("append", table_path, "/nonexistent.jsonl")).to match(["", %r{/nonexistent\.jsonl}, 1])
      expect(versions_on_disk).to eq([0])
    end
  end
end
