# frozen_string_literal: true

require "deltalake/buffer"

RSpec.describe DeltaLake::Buffer, :native do
  let(:table) { create_table }
  let(:letters) { Queue.new }
  let(:dead_letter) { ->(row, error) { letters << [row, error] } }

  # Ends with its example, whatever that has left in it.
  def buffer(where = table, **options)
    (@buffers ||= []) << described_class.new(where, dead_letter: dead_letter, **options)
    @buffers.last
  end

  after do
    untamper
    @buffers&.each { |each| each.close(deadline: 10) }
  end

  def ids
    DeltaLake.open(table.uri).pluck(:id)
  end

  def refused
    Array.new(letters.size) { letters.pop }
  end

  # Each flush has its rows in the table, and never ends.
  def stall_after_append
    tamper do |_, append|
      append.call
      sleep
    end
  end

  # The block stands for `append`: it is given the rows, and what appends them.
  def tamper(&block)
    original = table.method(:append)
    table.define_singleton_method(:append) { |rows, **options| block.call(rows, -> { original.call(rows, **options) }) }
  end

  def untamper
    table.singleton_class.remove_method(:append) if table.singleton_methods(false).include?(:append)
  end

  # Appends that go wrong: before, with nothing written, or after, so that nobody knows.
  def faults(*kinds)
    tamper do |_, append|
      kind = kinds.shift
      raise DeltaLake::StorageUnavailableError, "injected" if kind == :before

      commit = append.call
      raise DeltaLake::CommitOutcomeUnknownError, "injected" if kind == :after
      raise IOError, "of a logger" if kind == :logger

      commit
    end
  end

  it "appends the rows of many threads, one commit a flush" do
    here = buffer(rows: 100, age: 60)
    Array.new(8) { |thread| Thread.new { 250.times { |i| here.push(id: (thread * 250) + i) } } }.each(&:join)
    here.flush
    expect(ids).to match_array(0...2_000)
    expect(table.refresh.version).to be_between(20, 28)
    expect(here).to have_attributes(size: 0, bytes: 0)
  end

  it "keeps the order of a thread" do
    here = buffer(rows: 7, age: 60)
    30.times { |i| here << { id: i } }
    here.flush
    by_version = (1..table.refresh.version).map { |version| table.at(version: version).pluck(:id).sort }
    expect(by_version.last).to eq([*0...30])
    expect(by_version.first).to eq([*0...7])
  end

  it "flushes by age, and by bytes" do
    here = buffer(age: 0.05)
    here.push(id: 1)
    sleep(0.01) until ids == [1]

    here = buffer(age: 600, bytes: 10_000)
    here.push(id: 2, country: "x" * 11_000)
    sleep(0.01) until ids.size == 2
  end

  it "leaves rows that the table refuses to dead_letter, and loses no other" do
    here = buffer(rows: 50, age: 60)
    100.times { |i| here.push(id: i, price: (i % 10).zero? ? "no number" : "1.5") }
    here.flush
    expect(ids).to match_array((0...100).reject { |i| (i % 10).zero? })
    rows, errors = refused.transpose
    expect(rows.map { |row| row[:id] }).to match_array(0.step(90, 10))
    expect(errors).to all(be_a(DeltaLake::SchemaMismatchError))
  end

  it "finds the row that breaks an append in a way of its own" do
    tamper do |rows, append|
      raise "odd" if rows.is_a?(Array) && rows.any? { |row| row[:country] == "odd" }

      append.call
    end
    here = buffer(rows: 20, age: 60)
    20.times { |i| here.push(id: i, country: i == 13 ? "odd" : "DE") }
    here.flush
    expect(ids).to match_array([*0...20] - [13])
    expect(refused.map { |row, error| [row[:id], error.message] }).to eq([[13, "odd"]])
    expect(here.size).to eq(0)
  end

  it "keeps the key of a flush: what may have landed is never doubled" do
    faults(:after, nil, :before, :after, :after, :logger, :before)
    here = buffer(rows: 5, age: 60)
    20.times { |i| here.push(id: i) }
    here.flush
    expect(ids).to match_array(0...20)
    expect(refused).to eq([])
    expect(table.refresh.version).to eq(4)
  end

  it "gives a refused row to dead_letter once, however often the flush is tried" do
    faults(:after, :before)
    here = buffer(rows: 10, age: 60)
    10.times { |i| here.push(id: i.zero? ? nil : i) }
    here.flush
    expect(ids).to match_array(1...10)
    expect(refused.map { |row, _| row[:id] }).to eq([nil])
  end

  it "gives a row to dead_letter again where that raised, and flushes nothing meanwhile" do
    calls = 0
    taken = []
    here = described_class.new(table, rows: 1, age: 60, dead_letter: lambda { |row, _|
      raise "not now" if (calls += 1) < 3

      taken << row[:id]
    })
    here.concat([{ id: nil }, { id: 1 }])
    here.close(deadline: 30)
    expect([taken, calls, ids]).to eq([[nil], 3, [1]])
  end

  describe "where it is full" do
    let(:gate) { Queue.new }

    before do
      tamper do |_, append|
        gate.pop
        append.call
      end
    end

    it "push waits, then raises and takes nothing" do
      here = buffer(rows: 2, max_rows: 4, age: 60, push_timeout: 0.05)
      4.times { |i| here.push(id: i) }
      expect { here.push(id: 4) }.to raise_error(DeltaLake::BufferFullError, /4 rows/)
      expect { here.concat([{ id: 5 }, { id: 6 }]) }.to raise_error(DeltaLake::BufferFullError, /2 more/)
      10.times { gate << true }
      here.flush
      expect(ids).to match_array(0...4)
    end

    it "push goes on when there is room" do
      here = buffer(rows: 2, max_rows: 4, age: 60, push_timeout: 60)
      pushing = Thread.new { 20.times { |i| here.push(id: i) } }
      sleep(0.01) until pushing.stop? || here.size == 4
      20.times { gate << true }
      pushing.join
      here.flush
      expect(ids).to match_array(0...20)
    end

    it "counts bytes too, and lets in alone what is larger" do
      here = buffer(rows: 100, bytes: 1_000, max_bytes: 2_000, age: 60, push_timeout: 0.05)
      here.push(id: 0, country: "x" * 5_000)
      expect { here.push(id: 1, country: "x") }.to raise_error(DeltaLake::BufferFullError)
      10.times { gate << true }
      here.flush
      here.push(id: 1, country: "x")
      here.flush
      expect(ids).to contain_exactly(0, 1)
    end
  end

  it "begins another thread for who waits, where one was killed" do
    killed = nil
    tamper do |_, append|
      Thread.current.kill unless killed
      append.call
    ensure
      killed ||= Thread.current
    end
    here = buffer(rows: 2, max_rows: 2, age: 600, push_timeout: 60)
    here.concat(orders(1..2))
    sleep(0.01) until killed && !killed.alive?
    waiting = Thread.new { here.push(id: 3) }
    waiting.join
    here.flush
    expect(ids).to contain_exactly(1, 2, 3)
  end

  it "flushes what keeps a push out, however little and young it is" do
    here = buffer(rows: 100, max_rows: 4, age: 600, push_timeout: 60)
    10.times { |i| here.push(id: i) }
    here.concat(Array.new(4) { |i| { id: 10 + i } })
    here.flush
    expect(ids).to match_array(0...14)
  end

  it "says why it is full" do
    tamper { raise DeltaLake::PermissionDeniedError, "no rights" }
    here = buffer(rows: 1, max_rows: 1, age: 60, push_timeout: 0.3)
    here.push(id: 1)
    expect { here.push(id: 2) }
      .to raise_error(DeltaLake::BufferFullError, /no rights/) { |e| expect(e.cause.message).to eq("no rights") }
    expect { here.flush(deadline: 0.1) }.to raise_error(DeltaLake::DeadlineExceededError, /no rights/)
  end

  describe "#close" do
    it "flushes, and takes no more" do
      here = buffer(rows: 100, age: 60)
      here.concat(orders(1..5))
      expect(here.close).to be(true)
      expect(ids).to match_array(1..5)
      expect { here.push(id: 6) }.to raise_error(DeltaLake::BufferClosedError)
      expect(here.close).to be(true)
    end

    it "hands over what cannot be flushed, with the key that it may be in the table under" do
      faults(:after, *[:before] * 1_000)
      given = []
      here = buffer(rows: 3, age: 60, hand_over: ->(batch) { given << batch })
      here.concat(Array.new(5) { |i| { id: i } })
      expect(here.close(deadline: 0.3)).to be(false)
      expect(given.map { |batch| [batch.rows.map { |row| row[:id] }, batch.uncertain?] })
        .to eq([[[0, 1, 2], true], [[3, 4], false]])
      untamper
      given.each { |batch| table.append(batch.rows, once: batch.key) }
      expect(ids).to match_array(0...5)
      expect(refused).to eq([])
    end

    it "hands over where its thread had no time to begin" do
      given = []
      50.times do |i|
        here = buffer(age: 60, hand_over: ->(batch) { given.concat(batch.rows) })
        here.push(id: i)
        here.close(deadline: 0)
      end
      expect(ids + given.map { |row| row[:id] }).to match_array(0...50)
    end

    it "interrupts a flush that takes too long, and does not take it as failed" do
      stall_after_append
      given = []
      here = buffer(rows: 3, age: 60, hand_over: ->(batch) { given << batch })
      here.concat(Array.new(3) { |i| { id: i } })
      sleep(0.01) until ids.size == 3
      here.close(deadline: 0.05)
      expect(given.map(&:uncertain?)).to eq([true])
      untamper
      expect(table.append(given.first.rows, once: given.first.key)).to be_skipped
    end

    it "leaves rows to dead_letter where nobody takes them over" do
      faults(:after, *[:before] * 1_000)
      here = buffer(rows: 2, age: 60, hand_over: ->(_) { raise "Redis is down" })
      here.concat(Array.new(4) { |i| { id: i } })
      expect(here.close(deadline: 0.3)).to be(false)
      rows, errors = refused.transpose
      expect(rows.map { |row| row[:id] }).to eq([0, 1, 2, 3])
      expect(errors.map(&:class).uniq).to eq([DeltaLake::CommitOutcomeUnknownError])
      expect(errors.map { |error| error.cause.message }.uniq).to eq(["Redis is down"])
      expect(errors.map { |error| error.message[/with once: (.*)/, 1] }.uniq.size).to eq(2)
    end
  end

  it "goes on where its thread was killed in the middle of a flush" do
    killed = false
    tamper do |_, append|
      append.call
      Thread.current.kill unless killed.tap { killed = true }
    end
    here = buffer(rows: 3, age: 60)
    here.concat(Array.new(3) { |i| { id: i } })
    sleep(0.01) until killed
    here.concat(Array.new(3) { |i| { id: 3 + i } })
    here.flush
    expect(ids).to match_array(0...6)
  end

  it "takes the name of a table, with the options that it has" do
    table
    DeltaLake.configure { |c| c.tables = { events: table_path } }
    here = buffer(:events, age: 60).push(id: 1)
    here.flush
    expect([ids, here.table]).to eq([[1], table.uri])
    expect { buffer(:none) }.to raise_error(DeltaLake::ConfigurationError, /no table named :none/)
  ensure
    DeltaLake.configure { |c| c.tables = {} }
  end

  it "stands on the folder that an address meant when it was made" do
    table
    here = Dir.chdir(tmpdir) { buffer(File.basename(table_path), age: 60) }
    here.push(id: 1).flush
    expect(ids).to eq([1])
  end

  it "says what has ended its thread, and takes no method that is missing for an end" do
    told = []
    calls = 0
    dead_letter = lambda do |*|
      raise NotImplementedError if (calls += 1) == 1
      raise NoMemoryError if calls == 2
    end
    here = described_class.new(table, rows: 1, age: 60, on_error: ->(e) { told << e.class }, dead_letter: dead_letter)
    here.push(id: nil).flush
    here.push(id: 1)
    here.flush
    expect([told, calls, ids]).to eq([[NotImplementedError, NoMemoryError], 3, [1]])
    here.close
  end

  it "finds out whether a flush has landed without adding to the table" do
    faults(:logger, :before)
    here = buffer(rows: 5, age: 60)
    here.concat(orders(1..5))
    expect { telling(EventRecorder.new(raises: :after)) { here.flush } }.to output(/a subscriber of/).to_stderr
    expect([ids, table.refresh.version]).to match([match_array(1..5), 1])
  end

  it "hands over no batch of which nothing is left" do
    stall_after_append
    given = []
    here = buffer(rows: 1, age: 60, hand_over: ->(batch) { given << batch })
    here.push(id: nil)
    sleep(0.01) until here.size == 1
    expect(here.close(deadline: 0.3)).to be(true)
    expect([given, refused.size]).to eq([[], 1])
  end

  it "is closed whatever ends another's close" do
    table
    create_table(path: table_path("other"))
    ended = ruby(<<~RUBY)
      require "deltalake/buffer"
      missing = Object.new
      def missing.call(*) = raise(NoMemoryError, "of a receiver")
      bad = DeltaLake::Buffer.new(#{table_path("other").inspect}, age: 600, dead_letter: missing, on_error: ->(_) {})
      good = DeltaLake::Buffer.new(#{table_path.inspect}, age: 600, dead_letter: ->(*) {})
      bad.push(id: nil)
      good.concat(Array.new(20_000) { |i| { id: i } })
    RUBY
    expect(ended.status).to be_success
    expect(ended.err).to match(/was closed with an error: .*of a receiver/)
    expect(DeltaLake.open(table_path).count).to eq(20_000)
  end

  it "tries rows again where the table could not be opened, and takes none for written" do
    away = [Errno::EMFILE.new, DeltaLake::Error.new("of some kind")]
    tried = 0
    allow(DeltaLake).to receive(:open).and_wrap_original do |original, *given, **options|
      tried += 1
      away.empty? ? original.call(*given, **options) : raise(away.shift)
    end
    given = []
    here = buffer(table.uri, age: 600, hand_over: ->(batch) { given << batch.uncertain? })
    here.concat(orders(1..3)).flush
    expect([tried, ids, refused]).to match([3, match_array(1..3), []])

    away.concat(Array.new(100) { Errno::EMFILE.new })
    here = buffer(table.uri, age: 600, hand_over: ->(batch) { given << batch.uncertain? })
    here.push(id: 4)
    expect([here.close(deadline: 0.3), given]).to eq([false, [false]])
  end

  it "is open about a row where the table cannot say whether it has it" do
    tamper { raise IOError, "of a logger" }
    table.define_singleton_method(:refresh) { |**| raise ArgumentError, "odd" }
    given = []
    here = buffer(age: 600, hand_over: ->(batch) { given << batch.uncertain? })
    here.push(id: 1)
    expect([here.close(deadline: 0.3), given]).to eq([false, [true]])
  ensure
    table.singleton_class.remove_method(:refresh)
  end

  it "takes only Hashes, and only what can be" do
    here = buffer(age: 60)
    expect { here.push([1]) }.to raise_error(TypeError)
    expect { here.concat([{ id: 1 }, nil]) }.to raise_error(TypeError)
    expect(here.size).to eq(0)
    expect { described_class.new(table, dead_letter: nil) }.to raise_error(ArgumentError, /dead_letter/)
    expect { buffer(rows: 0) }.to raise_error(ArgumentError)
    expect { buffer(age: -1) }.to raise_error(ArgumentError)
    expect { buffer(deadline: 0) }.to raise_error(ArgumentError, /deadline must be more than 0/)
    expect { buffer("s3://bucket/t", storage: { region: nil }) }.to raise_error(ArgumentError, /region/)
    expect { buffer("s3://bucket/t", storage: :none) }.to raise_error(DeltaLake::ConfigurationError, /none/)
    expect { buffer(on_unknown: :drop) }.to raise_error(ArgumentError)
  end

  it "refuses the addresses with secrets that a table refuses, before a row is handed over with one" do
    ["s3://KEY:hush@b/t", "s3://hush@b/t", "s3a://u:hu/sh@b/t", "abfss://c:hush@a.dfs.core.windows.net/t",
     "https://a.blob.core.windows.net/c/t?sig=hush", "az://c/t?sig=hush", "file:///t?token=hush", "s3://b/t#hush"]
      .each do |address|
        expect { DeltaLake.open(address) }.to raise_error(DeltaLake::ConfigurationError, /address/)
        expect { buffer(address) }.to raise_error(DeltaLake::ConfigurationError) { |error|
          expect(error.message).not_to match(/hu|sh@/)
        }
      end
    ["s3://b/t@x", "s3://b/a:b@c", "abfss://c@a.dfs.core.windows.net/t:@", "/a?b#c:d@e", "gs://b/t"].each do |address|
      expect { DeltaLake::Storage.table(address, {}) }.not_to raise_error
      expect(buffer(address).table).to eq(address)
    end
    DeltaLake.configure { |c| c.tables = { secret: "s3://KEY:hush@b/t" } }
    expect { buffer(:secret) }.to raise_error(DeltaLake::ConfigurationError)
  ensure
    DeltaLake.configure { |c| c.tables = {} }
  end

  it "keeps what was pushed before a fork with the parent, and flushes at the end of a process" do
    table
    ended = ruby(<<~RUBY)
      require "deltalake/buffer"
      here = DeltaLake::Buffer.new(#{table_path.inspect}, age: 600, dead_letter: ->(row, error) { abort error.message })
      here.concat([{ id: 1 }, { id: 2 }])
      2.times do |i|
        fork do
          here.size.zero? or abort "the child has rows of its parent"
          here.push(id: 10 + i)
        end
      end
      Process.waitall.all? { |_, status| status.success? } or abort "a child failed"
      here.push(id: 3)
    RUBY
    expect(ended).to have_succeeded
    expect(DeltaLake.open(table_path).pluck(:id)).to contain_exactly(1, 2, 3, 10, 11)
  end

  it "flushes where a signal ends the process" do
    table
    ended = ruby(<<~RUBY)
      require "deltalake/buffer"
      here = DeltaLake::Buffer.new(#{table_path.inspect}, age: 600, dead_letter: ->(row, error) { abort error.message })
      threads = Array.new(4) { |t| Thread.new { 100.times { |i| here.push(id: (t * 100) + i) } } }
      threads.each(&:join)
      begin
        Process.kill(:TERM, Process.pid)
        sleep
      rescue SignalException
        exit
      end
    RUBY
    expect(ended).to have_succeeded
    expect(DeltaLake.open(table_path).pluck(:id)).to match_array(0...400)
  end
end
