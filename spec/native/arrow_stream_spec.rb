# frozen_string_literal: true

require_relative "../support/arrow_consumer"

RSpec.describe "Arrow C streams" do
  let(:prelude) { "require #{File.expand_path('../support/arrow_consumer', __dir__).inspect}\n" }

  def stream(seconds: 0.0, end_with: "end", deadline: nil, name: "a")
    native.arrow_stream(name, seconds, end_with, deadline)
  end

  def consumer(gvl: false, **options)
    made = stream(**options)
    ArrowConsumer.take(made.address, gvl: gvl)
  end

  it "let other threads run while their callbacks wait" do
    waiting = consumer(seconds: 0.5)
    expect(ticks { expect(waiting.next_longs(0)).to eq([1]) }).to be > 10
    waiting.close
  end

  it "need nothing of Ruby: a callback that holds the lock waits too, and other callbacks meanwhile" do
    holder = consumer(gvl: true, seconds: 0.2)
    threads = Array.new(3) { Thread.new { consumer(seconds: 0.1).tap(&:next_length).close } }
    expect(holder.next_longs(0)).to eq([1])
    threads.each(&:join)
    holder.close
    expect(live_futures).to eq(0)
  end

  it "turn a panic into an error, again and again" do
    broken = consumer(end_with: "panic")
    expect(broken.next_longs(0)).to eq([1])
    expect { broken.next_length }.to raise_error(ArrowConsumer::Failure, /panic at .*: in a batch/)
    expect { broken.next_length }.to raise_error(ArrowConsumer::Failure, /failed before/)
    broken.close
    expect(live_futures).to eq(0)
  end

  it "tell errors of the store by their code, and any text" do
    broken = consumer(end_with: "error")
    broken.next_length
    told = { message: "the store is\u{fffd}away (table memory:///t)", code: 5 }
    expect { broken.next_length }.to raise_error(an_instance_of(ArrowConsumer::Failure).and(having_attributes(told)))
    broken.close
  end

  it "end at their deadline while a callback waits" do
    late = consumer(seconds: 30.0, deadline: 0.1)
    took = elapsed { expect { late.next_length }.to raise_error(ArrowConsumer::Failure, /deadline/) }
    expect(took).to be < 1
    late.close
    expect(live_futures).to eq(0)
  end

  it "are refused where a name cannot be a C string" do
    expect { stream(name: "a\0b") }.to raise_error(DeltaLake::UnsupportedFeatureError, /NUL/)
    expect(live_futures).to eq(0)
  end

  it "are freed with their object where nobody takes them, and by their consumer else" do
    ended = ruby(<<~RUBY)
      #{prelude}
      500.times { NATIVE.arrow_stream("a", 0.0, "end", nil).address }
      GC.start
      settle
      puts NATIVE.counters[:live] < 5
      made = NATIVE.arrow_stream("a", 0.0, "end", nil)
      taken = ArrowConsumer.take(made.address)
      made = nil
      3.times { GC.start }
      p taken.next_longs(0), taken.next_longs(0)
      taken.close
      GC.start
      settle
      puts NATIVE.counters[:live]
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("true\n[1]\nnil\n0\n")
  end

  it "are of no use after a fork, and harm nobody there" do
    ended = ruby(<<~RUBY)
      #{prelude}
      streams = Array.new(3) { NATIVE.arrow_stream("a", 0.0, "end", nil) }
      consumers = streams.map { |stream| ArrowConsumer.take(stream.address) }
      untaken = NATIVE.arrow_stream("a", 0.0, "end", nil)
      consumers[0].next_length
      child = fork do
        consumers.each do |consumer|
          consumer.next_length
          abort "no error"
        rescue ArrowConsumer::Failure => e
          abort e.message unless e.message.include?("before a fork")
        end
        consumers.each(&:close)
        untaken.release
        GC.start
      end
      Process.wait(child)
      puts $?.success?
      consumers.each { |consumer| p consumer.next_length }
      p ArrowConsumer.take(untaken.address).next_length
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("true\nnil\n1\n1\n1\n")
  end

  it "survive GC.stress" do
    ended = ruby(<<~RUBY, limit: 120)
      #{prelude}
      GC.stress = true
      3.times do
        made = NATIVE.arrow_stream("a", 0.0, "error", nil)
        taken = ArrowConsumer.take(made.address)
        raise "schema" unless taken.schema.last == [["l", "a", true, []]]
        raise "value" unless taken.next_longs(0) == [1]
        begin
          taken.next_length
        rescue ArrowConsumer::Failure
        end
        taken.close
      end
      GC.stress = false
      settle
      puts NATIVE.counters[:live]
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("0\n")
  end

  it "leave nothing behind in 1,000 rounds that are abandoned half-way" do
    ended = ruby(<<~RUBY, limit: 120)
      #{prelude}
      require "tmpdir"
      Dir.mktmpdir do |folder|
        table = DeltaLake.create(folder, schema: { id: :long, text: :string })
        3.times { |i| table.append(Array.new(9_000) { |j| { id: i * j, text: "text" * 20 } }) }
        round = lambda do |i|
          stream = table.arrow_c_stream
          next if (i % 3).zero?
          consumer = ArrowConsumer.take(stream.to_i)
          consumer.schema
          raise "no rows" unless consumer.next_length.positive?
          consumer.close
        end
        200.times(&round)
        GC.start
        before = [rss, descriptors]
        1_000.times { |i| round.call(i) && (i % 100).zero? && GC.start }
        GC.start
        sleep 0.3
        puts rss - before[0], descriptors - before[1]
      end
    RUBY
    expect(ended).to have_succeeded
    grown, descriptors = ended.out.lines.map { |line| Integer(line) }
    expect(grown).to be < 24 << 20
    expect(descriptors).to be <= 0
  end
end
