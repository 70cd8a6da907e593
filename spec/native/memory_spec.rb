# frozen_string_literal: true

require "objspace"

RSpec.describe "Memory that Ruby cannot see" do
  let(:stream_class) { native::Stream }

  # A collection in between would set the counter back.
  def reported
    GC.start
    GC.disable
    before = GC.stat(:malloc_increase_bytes)
    yield
    GC.stat(:malloc_increase_bytes) - before
  ensure
    GC.enable
  end

  it "is reported to the garbage collector" do
    stream = nil
    expect(reported { stream = stream_class.open(4 << 20) }).to be >= 4 << 20
    stream.close
  end

  it "is given back by close" do
    expect(reported { stream_class.open(4 << 20).close }).to be < 1 << 20
  end

  it "makes the garbage collector run, which frees it" do
    ended = ruby(<<~RUBY)
      GC.start
      before = GC.count
      # Far fewer objects than start a collection by their number.
      100.times { NATIVE::Stream.open(8 << 20) }
      puts GC.count - before >= 5, NATIVE.counters[:live] < 50
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("true\ntrue\n")
  end

  it "counts in the size of its object until that is closed" do
    stream = stream_class.open(4 << 20)
    expect(ObjectSpace.memsize_of(stream)).to be >= 4 << 20
    stream.close
    expect(ObjectSpace.memsize_of(stream)).to be < 1_000
  end

  it "survives GC.stress and compaction" do
    script = <<~RUBY
      GC.stress = true
      3.times do
        NATIVE.noop
        stream = NATIVE::Stream.open(1_000)
        raise "next" unless stream.next == 65_536
        stream.close
        begin
          NATIVE.fail("commit_conflict", "lost", "memory:///table", 3, "cause")
        rescue DeltaLake::CommitConflictError => e
          raise "attributes" unless [e.table, e.winning_version, e.kind] == ["memory:///table", 3, :concurrent_transaction]
        end
        begin
          NATIVE.panic_in_method("panic")
        rescue DeltaLake::InternalError
        end
        begin
          Timeout.timeout(0.05) { NATIVE.sleep(30, nil) }
        rescue Timeout::Error
        end
        Thread.new { NATIVE.sleep(30, nil) }.tap { |t| t.report_on_exception = false; sleep 0.01 }.kill.join
        GC.compact if GC.respond_to?(:compact)
      end
      GC.stress = false
      settle
      puts NATIVE.counters[:live]
    RUBY
    ended = ruby(script, limit: 120)
    expect(ended).to have_succeeded
    expect(ended.out).to eq("0\n")
  end
end
