# frozen_string_literal: true

require_relative "../support/arrow_consumer"

RSpec.describe DeltaLake::ArrowStream do
  def consume(scan, **options)
    consumer = ArrowConsumer.take(scan.arrow_c_stream.to_i, **options)
    yield consumer
  ensure
    consumer&.close
  end

  def ids(scan)
    consume(scan) do |consumer|
      column = consumer.schema.last.index { |_, name,| name == "id" }
      found = []
      consumer.each_longs(column) { |values| found.concat(values) }
      found
    end
  end

  it "has the columns in Arrow's types and names" do
    table = create_table({ id: "long not null", price: "decimal(12,2)", at: :timestamp, wall: :timestamp_ntz,
                           day: :date, raw: :binary, ok: :boolean, tags: [:string],
                           by: { a: :byte, s: :short, f: :float }, map: DeltaLake::Schema.map(:string, :integer) })
    format, name, _, columns = consume(table, &:schema)
    expect([format, name.to_s]).to eq(["+s", ""])
    expect(columns).to eq(
      [["l", "id", true, []], ["d:12,2", "price", true, []], ["tsu:UTC", "at", true, []], ["tsu:", "wall", true, []],
       ["tdD", "day", true, []], ["z", "raw", true, []], ["b", "ok", true, []],
       ["+l", "tags", true, [["u", "item", true, []]]],
       ["+s", "by", true, [["c", "a", true, []], ["s", "s", true, []], ["f", "f", true, []]]],
       ["+m", "map", true, [["+s", "entries", false, [["u", "key", false, []], ["i", "value", true, []]]]]]]
    )
  end

  it "gives every row, over several batches and files, and ends" do
    table = create_table
    2.times { |i| table.append(orders((i * 10_000)...((i + 1) * 10_000))) }
    batches = []
    consume(table) do |consumer|
      consumer.each_longs(0) { |values| batches << values }
      3.times { expect(consumer.next_length).to be_nil }
    end
    expect(batches.size).to be > 2
    expect(batches.flatten.sort).to eq([*0...20_000])
  end

  it "gives what the scan is narrowed to" do
    table = create_table.tap { |t| t.append(orders(0..99)) }
    expect(ids(table.where(id: 10..19, country: "FR").select(:country, :id)).sort).to eq([10, 13, 16, 19])
    expect(ids(table.limit(3)).size).to eq(3)
    expect(consume(table.select(:price)) do |consumer|
             consumer.schema.last.map do |column|
               column[1]
             end
           end).to eq(["price"])
  end

  it "gives an empty table as no batches" do
    expect(consume(create_table, &:next_length)).to be_nil
  end

  it "is taken once" do
    stream = create_table.arrow_c_stream
    expect(stream.arrow_c_stream).to equal(stream)
    expect(stream).not_to be_released
    expect(stream.to_i).to eq(stream.to_i)
    ArrowConsumer.take(stream.to_i).close
    expect(stream).to be_released
    expect { stream.to_i }.to raise_error(ArgumentError, /taken or released already/)
    expect(stream.release).to be_nil
  end

  it "is there for who kept its address alone" do
    table = create_table.tap { |t| t.append(orders(0..9)) }
    address = table.arrow_c_stream.to_i
    10.times { GC.start }
    consumer = ArrowConsumer.take(address)
    expect(consumer.next_longs(0).size).to eq(10)
    consumer.close
  end

  it "can be released by hand" do
    stream = create_table.arrow_c_stream
    stream.release
    expect { stream.to_i }.to raise_error(ArgumentError)
    expect(stream.inspect).to eq("#<DeltaLake::ArrowStream released>")
  end

  it "reads in place, without being taken" do
    table = create_table.tap { |t| t.append(orders(0..9)) }
    stream = table.arrow_c_stream
    consumer = ArrowConsumer.new(Fiddle::Pointer.new(stream.to_i, 5 * ArrowConsumer::WORD))
    expect(consumer.next_longs(0).size).to eq(10)
    consumer.close
    expect(stream).to be_released
  end

  it "says what went wrong, and never that all is over then" do
    table = create_table.tap { |t| 2.times { |i| t.append(orders((i * 10)..((i * 10) + 9))) } }
    File.delete(*files_on_disk.map { |file| File.join(table_path, file) })
    consume(table) do |consumer|
      expect { consumer.next_length }.to raise_error(ArrowConsumer::Failure, /data file .* is gone.*#{table_path}/m)
      2.times { expect { consumer.next_length }.to raise_error(ArrowConsumer::Failure, /has failed before/) }
    end
  end

  it "ends at its deadline" do
    table = create_table.tap { |t| t.append(orders(0..9)) }
    consumer = ArrowConsumer.take(table.arrow_c_stream(deadline: 0.05).to_i)
    sleep(0.1)
    expect { consumer.next_length }.to raise_error(ArrowConsumer::Failure, /deadline of 0.05 s passed/)
    consumer.close
  end

  it "takes deadlines as every call does" do
    expect { create_table.arrow_c_stream(deadline: -1) }.to raise_error(ArgumentError, /deadline/)
  end
end
