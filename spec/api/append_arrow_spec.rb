# frozen_string_literal: true

require_relative "../support/arrow_producer"

RSpec.describe "append of Arrow streams" do
  every = { id: "long not null", b: :byte, s: :short, i: :integer, f: :float, d: :double, p: "decimal(12,2)",
            t: :string, raw: :binary, day: :date, at: :timestamp, wall: :timestamp_ntz, ok: :boolean,
            tags: [:string], by: { x: :long, y: [{ z: :string }] }, map: DeltaLake::Schema.map(:string, :integer) }
  row = { id: 1, b: 1, s: 2, i: 3, f: 0.5, d: 0.1, p: BigDecimal("1.25"), t: "ü", raw: "\xFF".b,
          day: Date.new(2026, 1, 2), at: Time.utc(2026, 1, 2, 3, 4, 5, 678_901), wall: Time.utc(1500, 1, 1), ok: true,
          tags: ["a", nil], by: { x: 1, y: [{ z: "q" }, nil] }, map: { "k" => 1, "l" => nil } }

  # `from` is a table with rows; what is appended goes to `to`.
  let(:from) { create_table(path: table_path("from")).tap { |table| table.append(orders(0...20_000)) } }
  let(:to) { create_table }

  def word = ArrowProducer::WORD

  def set(out, field, value)
    out[ArrowProducer::ARRAY[field] * word, word] = [value].pack("j")
    nil
  end

  def child(out, index)
    children = Fiddle::Pointer.new(out[ArrowProducer::ARRAY[:children] * word, word].unpack1("J"))
    Fiddle::Pointer.new(children[index * word, word].unpack1("J"), 10 * word)
  end

  it "takes every type" do
    rows = [row, every.keys.to_h { |name| [name, nil] }.merge(id: 2)]
    source = create_table(every, path: table_path("from")).tap { |table| table.append(rows) }
    commit = create_table(every).append(source.scan)
    expect(commit).to have_attributes(rows: 2, version: 1)
    expect(DeltaLake.open(table_path).to_a).to eq(rows)
  end

  it "takes scans, tables and streams, whole or not" do
    expect(to.append(from).rows).to eq(20_000)
    expect(to.append(from.where(country: "FR").select(:id)).rows).to eq(6667)
    expect(to.append(from.limit(5).arrow_c_stream).rows).to eq(5)
    expect(to.to_a.first(3)).to eq(orders(0..2))
    expect(to.count).to eq(26_672)
    expect(to.append(create_table(path: table_path("none")))).to be_skipped
  end

  it "adds them once for a key, and asks for no stream then" do
    expect(to.append(from, once: "k").rows).to eq(20_000)
    object = Object.new.tap { |o| def o.arrow_c_stream = raise("asked") }
    expect(to.append(object, once: "k")).to be_skipped
  end

  it "takes streams whose producer is Ruby code" do
    producer = ArrowProducer.new(from.arrow_c_stream) { nil }
    expect(to.append(producer).rows).to eq(20_000)
    expect(producer.released).to eq(1)
    expect(to.pluck(:id).sum).to eq((0...20_000).sum)
  end

  describe "with rows that do not fit" do
    let(:from) do
      create_table({ id: :long, country: :string }, path: table_path("from")).tap do |table|
        table.append((0...20_000).map { |i| { id: [7, 8, 12_345].include?(i) ? nil : i, country: "c#{i}" } })
      end
    end

    it "names the row and the column" do
      expect { to.append(from) }
        .to raise_error(DeltaLake::SchemaMismatchError, /\Arow 7, column "id": null, but the schema has it as not null/)
      expect([versions_on_disk, strays]).to eq([[0], []])
    end

    it "leaves them out on request" do
      seen = []
      commit = to.append(from, on_bad_row: ->(bad, error) { seen << [bad, error.message[/\Arow \d+/]] })
      expect(commit).to have_attributes(rows: 19_997, metrics: include(bad_rows: 3))
      expect(seen).to eq([[{ id: nil, country: "c7" }, "row 7"], [{ id: nil, country: "c8" }, "row 8"],
                          [{ id: nil, country: "c12345" }, "row 12345"]])
      expect(to.pluck(:id).size).to eq(19_997)
    end
  end

  it "refuses columns and types that fit no row" do
    { { id: :long, nope: :long } => /column "nope": no such column/, { id: :string } => /column "id": expected long/,
      { country: :string } => /column "id": missing/, { id: :long, price: :double } => /"price": expected decimal/ }
      .each_with_index do |(schema, message), i|
      source = create_table(schema, path: table_path("from#{i}"))
      [{}, { on_bad_row: ->(*) {} }].each do |options|
        expect { to.append(source, **options) }.to raise_error(DeltaLake::SchemaMismatchError, message)
      end
    end
    source = create_table({ id: :long, nope: :long }, path: table_path("more")).tap do |t|
      t.append([{ id: 1, nope: 2 }])
    end
    expect(to.append(source, on_unknown: :ignore).rows).to eq(1)
    expect(to.to_a).to eq([{ id: 1, country: nil, price: nil }])
  end

  describe "that lie" do
    { "a negative length" => [->(s, out) { s.set(out, :length, -5) }, /absurd length/],
      "an absurd length" => [->(s, out) { s.set(out, :length, 1 << 50) }, /absurd length/],
      "a negative offset" => [->(s, out) { s.set(out, :offset, -1) }, /absurd length/],
      "a child that is too short" => [->(s, out) { s.set(s.child(out, 0), :length, 3) }, /malformed/],
      "a child too few" => [->(s, out) { s.set(out, :n_children, 2) }, /2 children/],
      "a child with no buffers" => [->(s, out) { s.set(s.child(out, 0), :n_buffers, 0) }, /0 buffers/],
      "an errno" => [->(_, _) { 12 }, /failed \(error 12\)/] }.each do |name, (tamper, message)|
      it "are refused: #{name}" do
        producer = ArrowProducer.new(from.arrow_c_stream) { |out| tamper.call(self, out) }
        expect { to.append(producer) }.to raise_error(ArgumentError, message)
        expect(producer.released).to eq(1)
        expect([versions_on_disk, strays]).to eq([[0], []])
      end
    end

    it "are refused: an error in the middle" do
      calls = 0
      producer = ArrowProducer.new(from.arrow_c_stream) { (calls += 1) == 2 ? 5 : nil }
      expect { to.append(producer) }.to raise_error(ArgumentError, /the Arrow stream failed \(error 5\)/)
      expect([versions_on_disk, strays]).to eq([[0], []])
    end

    it "are refused: texts that are no UTF-8" do
      raw = create_table({ id: :long, country: :binary }, path: table_path("raw")).tap do |t|
        t.append([{ id: 1, country: "\xFF" }])
      end
      expect { to.append(raw) }.to raise_error(DeltaLake::SchemaMismatchError, /expected string/)
    end
  end

  it "refuses what is no stream, and one that was taken" do
    [0, 3, 8 + 1].each do |address|
      object = Struct.new(:arrow_c_stream).new(address)
      expect { to.append(object) }.to raise_error(ArgumentError, /is not the address/)
    end
    expect { to.append(Struct.new(:arrow_c_stream).new(nil.method(:itself))) }.to raise_error(TypeError, /to_i/)
    stream = from.arrow_c_stream
    to.append(stream)
    expect { to.append(stream) }.to raise_error(ArgumentError, /taken or released already/)
    expect(to.append(orders(1..1)).version).to eq(2)
  end

  it "passes on what arrow_c_stream raises" do
    object = Object.new.tap { |o| def o.arrow_c_stream = raise(KeyError, "mine") }
    expect { to.append(object) }.to raise_error(KeyError, "mine")
    expect(strays).to eq([])
  end

  it "ends soon when it is asked to, though the producer sleeps" do
    slow = ArrowProducer.new(from.arrow_c_stream) { sleep(2) && nil }
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    expect { to.append(slow, deadline: 0.3) }.to raise_error(DeltaLake::DeadlineExceededError)
    slow = ArrowProducer.new(from.arrow_c_stream) { sleep(2) && nil }
    thread = Thread.new { to.append(slow) }
    sleep(0.2)
    thread.kill.join
    expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - started).to be < 1.5
    expect([versions_on_disk, strays]).to eq([[0], []])
  end
end
