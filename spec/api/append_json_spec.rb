# frozen_string_literal: true

require "json"
require "open3"
require "pathname"
require "stringio"
require "zlib"

RSpec.describe "append_json" do
  let(:table) { create_table }
  let(:text) { orders(0...5).map { |row| "#{JSON.generate(row)}\n" }.join }

  def file(text, name = "rows.jsonl")
    Pathname(tmpdir).join(name).tap { |path| path.binwrite(text) }
  end

  it "takes files, IOs and lines, however they come" do
    each_only = Object.new.tap do |object|
      object.define_singleton_method(:each) do |&block|
        2.times do
          block.call(%({"id":1}))
        end
      end
    end
    gz = file(Zlib.gzip(text), "rows.jsonl.gz")
    { file(text) => 5, StringIO.new(text) => 5, text.lines => 5, text.lines(chomp: true).each => 5, gz => 5,
      text.each_line.lazy => 5, each_only => 2 }.each do |source, rows|
      expect(table.append_json(source)).to have_attributes(rows: rows), source.class.name
    end
    File.open(file(text)) do |io|
      io.gets
      expect(table.append_json(io).rows).to eq(4)
    end
    Zlib::GzipReader.open(gz) { |io| expect(table.append_json(io).rows).to eq(5) }
    IO.pipe do |read, write|
      Thread.new { write.write(text) && write.close }
      expect(table.append_json(read).rows).to eq(5)
    end
    expect(table.at(version: 1).to_a).to eq(orders(0...5))
  end

  it "has Ruby's values" do
    schema = { id: :long, p: "decimal(20,3)", d: :double, f: :float, t: :string, raw: :binary, day: :date,
               at: :timestamp, wall: :timestamp_ntz, ok: :boolean, tags: [[:long]],
               by: { x: :byte, y: [{ z: :string }] },
               map: DeltaLake::Schema.map(:string, :integer), counts: DeltaLake::Schema.map(:long, :date) }
    row = { id: -1, p: BigDecimal("12345678901234567.125"), d: 0.1, f: 0.5, t: "ü\u{1F600}\n", raw: "ab".b,
            day: Date.new(1500, 2, 3, Date::GREGORIAN), at: Time.utc(2026, 1, 2, 3, 4, 5, 678_901),
            wall: Time.utc(2500, 1, 1), ok: false,
            tags: [[1, nil], nil, []], by: { x: 127, y: [{ z: nil }, nil] }, map: { "a" => 1, "b" => nil },
            counts: { -5 => Date.new(2026, 1, 1) } }
    json = '{"p":12345678901234567.125,"id":-1,"d":0.1,"f":0.5,"t":"ü\uD83D\uDE00\n","raw":"ab","day":"1500-02-03",' \
           '"at":"2026-01-02T04:04:05.678901+01:00","wall":"2500-01-01T00:00:00","ok":false,' \
           '"tags":[[1,null],null,[]],' \
           '"by":{"y":[{"z":null},null],"x":127},"map":{"a":1,"b":null},"counts":{"-5":"2026-01-01"}}'
    table = create_table(schema, path: table_path("every"))
    table.append_json(StringIO.new("#{json}\n{}"))
    expect(table.to_a).to eq([row, schema.keys.to_h { |name| [name, nil] }])
  end

  it "refuses a map's key that is there in two spellings" do
    map = ->(key) { DeltaLake::Schema.map(key, :long) }
    table = create_table({ l: map.call(:long), d: map.call("decimal(4,2)"), t: map.call(:timestamp) },
                         path: table_path("keys"))
    [%({"l":{"1":1,"01":2}}), %({"d":{"1":1,"1.0":2}}),
     %({"t":{"2026-01-01T00:00:00Z":1,"2026-01-01T01:00:00+01:00":2}})].each do |line|
      expect { table.append_json([line]) }.to raise_error(DeltaLake::SchemaMismatchError, /line 1.*key.* given twice/)
    end
  end

  it "keeps every digit of whole numbers in a variant, as append does, or refuses them" do
    table = create_table({ id: :long, v: :variant }, path: table_path("variants"))
    values = [(2**64) + 1, -(10**37) - 1, (10**38) - 1, 2**63, 5, { "a" => [10**20, 1.5, "12345678901234567890", nil] }]
    table.append_json(values.each_with_index.map { |v, id| JSON.generate({ id:, v: }) })
    table.append(values.each_with_index.map { |v, id| { id: id + 100, v: } })
    read = table.to_a.sort_by { |row| row[:id] }.map { |row| row[:v] }
    expect(read).to eq(values + values)
    expect { table.append_json(["{}", %({"v":[#{10**38}]})]) }
      .to raise_error(DeltaLake::SchemaMismatchError, /line 2.*"v".*at most 38 digits, got one of 39/)
  end

  it "passes over a byte order mark, blank lines, CRLF and a missing last newline" do
    table.append_json(file("\u{feff}{\"id\":1}\r\n\r\n   \n\t{\"id\":2} \r\n\n{\"id\":3}"))
    expect(table.pluck(:id)).to eq([1, 2, 3])
    expect(table.append_json(file(""))).to be_skipped
    expect(table.append_json(file("\n\n"))).to be_skipped
    expect(table.append_json([])).to be_skipped
  end

  it "takes lines of many megabytes, and many of them" do
    long = "x" * 5_000_000
    table.append_json(file("{\"id\":1,\"country\":\"#{long}\"}\n{\"id\":2}\n"))
    expect(table.first[:country].size).to eq(5_000_000)
    lines = Array.new(60_000) { |i| %({"id":#{i},"country":"#{'y' * 50}","price":#{i}.25}) }
    [file(lines.join("\n")), lines, StringIO.new(lines.join("\n"))].each_with_index do |source, i|
      many = create_table(path: table_path("many#{i}"))
      expect(many.append_json(source).rows).to eq(60_000)
      expect(many.pluck(:id)).to eq([*0...60_000])
      expect(many.where(price: 59_999.25).count).to eq(1)
    end
  end

  it "takes all members of a compressed file, wherever they and its blocks end" do
    lines = Array.new(60_000) { |i| %({"id":#{i},"country":"ü#{i.hash}"}\n) }.join
    parts = [lines[0, 1_000_005], lines[1_000_005..], "", "{\"id\":60000}"].map { |part| Zlib.gzip(part) }
    expect(table.append_json(file(parts.join, "rows.jsonl.gz")).rows).to eq(60_001)
    expect(table.pluck(:id)).to eq([*0..60_000])
  end

  it "refuses a compressed file that is not whole, by its name" do
    whole = Zlib.gzip(Array.new(50_000) { |i| "{\"id\":#{i}}\n" }.join)
    { whole[0, whole.size / 2] => /is not whole: its gzip data has no end/, whole[0..-9] => /no end/,
      whole + whole[0, 5] => /no end/, "" => /not what gzip makes: it is empty/, text => /incorrect header check/,
      "#{whole}rest" => /not what gzip makes: incorrect header check/,
      "#{whole[0..-9]}0000#{whole[-4..]}" => /not what gzip makes: incorrect data check/ }.each do |bytes, message|
      expect { table.append_json(file(bytes, "rows.jsonl.gz")) }.to raise_error(DeltaLake::StorageError) { |error|
        expect(error.message).to match(%r{\A/.*/rows.jsonl.gz is }).and match(message)
      }
    end
    expect { table.append_json(Pathname(tmpdir).join("none.gz")) }
      .to raise_error(DeltaLake::StorageError, /none.gz cannot be read: No such file/)
    broken = ->(*) { raise Errno::EPIPE }
    expect { table.append_json(file(Zlib.gzip("{"), "rows.jsonl.gz"), on_bad_row: broken) }.to raise_error(Errno::EPIPE)
    expect([versions_on_disk, strays]).to eq([[0], []])
  end

  it "names the line and the column that are wrong, and writes nothing" do
    good = "{\"id\":1}\n" * 40_000
    { "#{good}{\"id\":\"x\"}\n#{good}" => /\Aline 40001, column "id": expected long.*got the text "x"/,
      "{\"id\":1}\n\n{\"id\":2" => /\Aline 3 is not JSON: EOF.*\(column 7\)/, "{\"id\":1}\n5" => /\Aline 2 is not JSON/,
      "{\"id\":1,\"nope\":2}" => /\Aline 1, column "nope": no such column in the schema, which has id, country, price/,
      "{\"id\":1}\n{\"id\":1,\"country\":\"\xFF\"}" => /\Aline 2 is not valid UTF-8/,
      "{}" => /\Aline 1, column "id": missing, but the schema has it as not null/ }.each do |text, message|
      [file(text), StringIO.new(text), text.lines].each do |source|
        expect { table.append_json(source) }.to raise_error(DeltaLake::SchemaMismatchError, message)
      end
    end
    expect([versions_on_disk, strays]).to eq([[0], []])
  end

  it "names the line that breaks a rule of the table, blank lines among them" do
    table = create_table({ id: :long, day: :date }, path: table_path("lawful"), partition_by: [:day],
                                                    properties: { "delta.constraints.small" => "id < 100000" })
    good = "{\"id\":1}\n\n" * 20_000
    text = "#{good}{\"id\":2}\n \n{\"id\":100000}\n#{good}"
    [file(text), StringIO.new(text)].each do |source|
      expect { table.append_json(source) }.to raise_error(DeltaLake::ConstraintViolationError, /\Aline 40003: .*small/)
    end
    expect { table.append_json(["{\"id\":1}", "", "{\"id\":100001}"], on_unknown: :add) }
      .to raise_error(DeltaLake::ConstraintViolationError, /\Aline 3: .*small/)
    expect(table.version).to eq(0)
  end

  it "leaves bad lines out on request" do
    lines = Array.new(50_000) { |i| (i % 10_000) == 7 ? "{\"id\":\"bad #{i}\"}" : "{\"id\":#{i}}" }
    [file(lines.join("\n")), lines].each_with_index do |source, i|
      seen = []
      table = create_table(path: table_path("bad#{i}"))
      commit = table.append_json(source, on_bad_row: ->(line, error) { seen << [line, error.message[/\Aline \d+/]] })
      expect(commit).to have_attributes(rows: 49_995, metrics: include(bad_rows: 5))
      expect(seen).to eq((0..4).map { |n| ["{\"id\":\"bad #{(n * 10_000) + 7}\"}", "line #{(n * 10_000) + 8}"] })
    end
    stop = ->(*) { raise KeyError, "mine" }
    expect { table.append_json(["{"], on_bad_row: stop) }.to raise_error(KeyError, "mine")
    expect([versions_on_disk, strays]).to eq([[0], []])
  end

  it "does what append does besides" do
    expect(table.append_json(["{\"id\":1,\"x\":{\"y\":[]}}"], on_unknown: :ignore, once: "k",
                                                              metadata: { a: 1 }).rows).to eq(1)
    expect(table.append_json(Object.new.tap { |o| def o.each = raise("asked") }, once: "k")).to be_skipped
    expect(table.history.first.user_metadata).to eq({ "a" => 1 })
  end

  it "refuses what is no text of lines" do
    expect { table.append_json("rows.jsonl") }.to raise_error(TypeError, /Pathname\(path\).*StringIO/)
    expect { table.append_json({ id: 1 }) }.to raise_error(TypeError, /append takes those/)
    expect { table.append_json(5) }.to raise_error(TypeError, /got Integer/)
    expect { table.append_json([{ id: 1 }]) }.to raise_error(TypeError, /a line must be a String, got Hash/)
    expect do
      table.append_json(Pathname(tmpdir).join("none"))
    end.to raise_error(DeltaLake::StorageError, /none cannot be read/)
    expect { table.append_json(Pathname(tmpdir)) }.to raise_error(DeltaLake::StorageError)
    broken = Object.new.tap { |o| def o.read(_) = raise(IOError, "mine") }
    expect { table.append_json(broken) }.to raise_error(IOError, "mine")
    expect([versions_on_disk, strays]).to eq([[0], []])
  end

  it "needs nothing of Ruby's library that it does not load itself", :native do
    ended = ruby("puts DeltaLake.open(#{table.uri.inspect}).append_json(['{\"id\":1}']).rows")
    expect(ended).to have_succeeded
    expect(ended.out).to eq("1\n")
  end

  it "takes lines in other encodings" do
    table.append_json(["{\"id\":1,\"country\":\"ü\"}".encode("UTF-16LE"),
                       "{\"id\":2,\"country\":\"ü\"}".encode("ISO-8859-1"),
                       "{\"id\":3,\"country\":\"ü\"}".b])
    expect(table.pluck(:country)).to eq(%w[ü ü ü])
  end
end
