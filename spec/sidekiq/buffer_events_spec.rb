# frozen_string_literal: true

require "deltalake/buffer"

RSpec.describe "Events of a buffer", :native do
  let(:told) { EventRecorder.new }
  let(:table) { create_table }
  let(:letters) { Queue.new }

  # Its last flush ends with the block.
  def buffer(instrumenter = told, dead_letter: ->(row, _) { letters << row[:id] }, **options)
    table
    telling(instrumenter) do
      here = DeltaLake::Buffer.new(table, **{ age: 600, dead_letter: dead_letter, on_error: ->(_) {} }, **options)
      yield here
    ensure
      here&.close(deadline: 10)
    end
  end

  def ids
    DeltaLake.open(table.uri).pluck(:id)
  end

  def dead
    Array.new(letters.size) { letters.pop }
  end

  it "tell of each flush what its append tells, why it was, and what waited" do
    buffer(rows: 3) do |here|
      here.concat(orders(1..4))
      here.flush
    end
    first, second = told.all(:flush)
    expect(first).to include(operation: :flush, table: table.uri, rows: 3, version: 1, files: 1, bytes: be_positive,
                             attempts: 1, skipped: false, requests: be_positive, duration: be_a(Float), why: :rows,
                             try: 1, refused: 0, memory: be_positive, waited: be_a(Float))
    expect(second).to include(rows: 1, version: 2, why: :flush)
    expect(told.all(:append).size).to eq(2)
  end

  it "tell by what a batch was full" do
    buffer(bytes: 1_000) { |here| here.push(id: 1, country: "x" * 2_000) }
    buffer { |here| here.push(id: 2) }
    buffer(age: 0) do |here|
      here.push(id: 3)
      here.flush
    end
    expect(told.all(:flush).map { |payload| payload[:why] }).to match([:bytes, :close, be(:age).or(be(:flush))])
  end

  it "tell of tries that failed, and of rows that the table refused" do
    original = table.method(:append)
    tries = 0
    table.define_singleton_method(:append) do |rows, **options|
      raise DeltaLake::StorageUnavailableError, "away" if (tries += 1) == 1

      original.call(rows, **options)
    end
    buffer do |here|
      here.concat([{ id: 1 }, { id: nil }, { id: 2 }])
      here.flush
    end
    failed, done = told.all(:flush)
    expect(failed).to include(try: 1, rows: 3, error: be_a(DeltaLake::StorageUnavailableError))
    expect(done).to include(try: 2, rows: 2, refused: 1)
    expect(told.one(:dead_letter)).to include(table: table.uri, rows: 1, reason: /column "id"/, duration: be_a(Float))
    expect(dead).to eq([nil])
  end

  it "tell of a dead_letter that raises" do
    calls = 0
    buffer(dead_letter: ->(row, _) { (calls += 1) == 1 ? raise("not now") : letters << row[:id] }) do |here|
      here.push(id: nil)
      here.flush
    end
    expect(told.all(:dead_letter).map { |payload| payload[:error]&.message }).to eq(["not now", nil])
  end

  it "tell of what is handed over" do
    table.define_singleton_method(:append) { |*, **| raise DeltaLake::CommitOutcomeUnknownError, "away" }
    given = []
    telling(told) do
      here = DeltaLake::Buffer.new(table, age: 600, dead_letter: ->(*) {}, hand_over: ->(batch) { given << batch },
                                          on_error: ->(_) {})
      here.concat(orders(1..2))
      here.close(deadline: 0.05)
    end
    expect(told.one(:hand_over)).to include(table: table.uri, rows: 2, uncertain: true, memory: be_positive)
    expect(given.size).to eq(1)
  end

  describe "whose subscriber raises" do
    %i[before after].each do |moment|
      it "lose no row, and double none (#{moment})" do
        raising = EventRecorder.new(raises: moment)
        expect do
          buffer(raising, rows: 10) do |here|
            here.concat(Array.new(95) { |i| { id: (i % 10) == 5 ? nil : i } })
            here.flush
            expect(here.size).to eq(0)
          end
        end.to output(/subscriber of flush.deltalake failed/).to_stderr
        expect(ids).to match_array((0...95).reject { |i| i % 10 == 5 })
        expect(dead).to eq([nil] * 9)
        expect(table.refresh.version).to eq(10)
      end

      it "hand rows over once (#{moment})" do
        raising = EventRecorder.new(raises: moment)
        table.define_singleton_method(:append) { |*, **| raise DeltaLake::StorageUnavailableError, "away" }
        given = []
        expect do
          telling(raising) do
            here = DeltaLake::Buffer.new(table, age: 600, dead_letter: ->(row, _) { letters << row[:id] },
                                                hand_over: ->(batch) { given << batch }, on_error: ->(_) {})
            here.concat(orders(1..2))
            here.close(deadline: 0.05)
          end
        end.to output(/subscriber of hand_over.deltalake failed/).to_stderr
        expect(given.map { |batch| batch.rows.map { |row| row[:id] } }).to eq([[1, 2]])
        expect(dead).to eq([])
      end
    end
  end

  it "leave a refused row to dead_letter where the flush is cut off after the commit" do
    original = table.method(:append)
    table.define_singleton_method(:append) do |rows, **options|
      original.call(rows, **options)
      sleep
    end
    given = []
    here = DeltaLake::Buffer.new(table, age: 600, dead_letter: ->(row, _) { letters << row[:id] },
                                        hand_over: ->(batch) { given << batch }, on_error: ->(_) {})
    here.concat([{ id: 1 }, { id: nil }, { id: 2 }])
    here.flush_soon
    sleep(0.01) until ids.size == 2
    here.close(deadline: 0.05)
    expect(given.map { |batch| [batch.rows.map { |row| row[:id] }, batch.uncertain?] }).to eq([[[1, 2], true]])
    expect(dead).to eq([nil])
  end
end
