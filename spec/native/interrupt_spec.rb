# frozen_string_literal: true

RSpec.describe "Interrupts" do
  # Stops a thread that is in a call, and says how long it took to end.
  def time_to_stop(call)
    thread = quiet_thread(&call)
    sleep(0.02)
    elapsed do
      yield thread
      begin
        thread.join
      rescue StandardError
        nil
      end
    end
  end

  { "sleeps" => -> { DeltaLake::Native::Testing.sleep(30, nil) },
    "computes without a pause" => -> { DeltaLake::Native::Testing.spin(0.6) } }.each do |what, call|
    describe "of a call that #{what}" do
      it "is prompt for Thread#kill" do
        expect(median(9) { time_to_stop(call, &:kill) }).to be < 0.1
      end

      it "is prompt for Thread#raise" do
        expect(median(9) { time_to_stop(call) { |thread| thread.raise(IOError, "stop") } }).to be < 0.1
      end

      it "is prompt for Timeout.timeout" do
        taken = median(9) do
          elapsed { expect { Timeout.timeout(0.05) { call.call } }.to raise_error(Timeout::Error) } - 0.05
        end
        expect(taken).to be < 0.1
      end

      after { expect(live_futures).to eq(0) }
    end
  end

  it "runs what Ruby ensures" do
    ensured = []
    thread = quiet_thread do
      native.sleep(30, nil)
    ensure
      ensured << native.steps(1)
    end
    time_to_stop(-> { thread.join }) { thread.kill }
    expect(ensured).to eq([65_536])
    expect(thread.status).to be(false)
  end

  it "is prompt for Ctrl-C where the main thread is the only one" do
    taken = median(5) do
      sent = nil
      ended = ruby(<<~RUBY) do |out, pid|
        begin
          puts "ready"
          NATIVE.sleep(30, nil)
        rescue Interrupt
          puts now
        end
        settle
        puts NATIVE.counters[:live]
      RUBY
        out.gets
        sleep(0.1)
        sent = now
        Process.kill(:INT, pid)
        nil
      end
      expect(ended).to have_succeeded
      at, live = ended.out.lines.map(&:to_f)
      expect(live).to eq(0)
      at - sent
    end
    expect(taken).to be < 0.1
  end

  it "dies of an unrescued Ctrl-C as Ruby does" do
    ended = ruby(<<~RUBY) do |out, pid|
      puts "ready"
      NATIVE.sleep(30, nil)
    RUBY
      out.gets
      sleep(0.1)
      Process.kill(:INT, pid)
      nil
    end
    expect(ended.status.termsig).to eq(Signal.list["INT"])
    expect(ended.err).to include("Interrupt")
  end

  it "does not cancel for a trap that does not raise" do
    ended = ruby(<<~RUBY) do |out, pid|
      trap("USR1") { $stdout.syswrite("seen\n") }
      puts "ready"
      start = now
      NATIVE.sleep(3, nil)
      puts(now - start >= 3)
    RUBY
      out.gets
      sleep(0.1)
      # Answers come while the call goes on: it is not the end of the call that lets a trap run.
      5.times { Process.kill(:USR1, pid) && expect(out.gets).to(eq("seen\n")) }
      nil
    end
    expect(ended).to have_succeeded
    expect(ended.out).to eq("true\n")
  end

  it "cancels for a trap that raises" do
    ended = ruby(<<~RUBY) do |out, pid|
      trap("TERM") { raise IOError, "shut down" }
      puts "ready"
      start = now
      begin
        NATIVE.sleep(30, nil)
      rescue IOError => e
        settle
        puts e.message, now - start < 5, NATIVE.counters[:live]
      end
    RUBY
      out.gets
      sleep(0.1)
      Process.kill(:TERM, pid)
      nil
    end
    expect(ended).to have_succeeded
    expect(ended.out).to eq("shut down\ntrue\n0\n")
  end

  it "keeps to Thread.handle_interrupt" do
    results = %i[never on_blocking immediate].to_h do |timing|
      value = nil
      thread = quiet_thread { Thread.handle_interrupt(IOError => timing) { value = native.sleep(0.6, nil) } }
      sleep(0.1)
      thread.raise(IOError, "stop")
      expect { thread.join }.to raise_error(IOError)
      [timing, value]
    end
    expect(results).to eq(never: 65_536, on_blocking: nil, immediate: nil)
  end

  it "leaks nothing in 1,000 rounds at random moments" do
    ended = ruby(<<~RUBY, limit: 120)
      Thread.report_on_exception = false
      calls = [-> { NATIVE.sleep(30, nil) }, -> { NATIVE.steps(100_000_000) }, -> { 1_000_000.times { NATIVE.noop } },
               -> { loop { NATIVE.commit(0.001, 1, nil) } }]
      stops = [->(t) { t.kill }, ->(t) { t.raise(IOError) }, ->(t) { t.raise(Interrupt) }]
      random = Random.new(4)
      round = lambda do
        call = calls.sample(random: random)
        if random.rand < 0.25
          begin
            Timeout.timeout(random.rand * 0.004 + 0.0001) { call.call }
          rescue Timeout::Error
          end
        else
          thread = Thread.new(&call)
          sleep(random.rand * 0.004)
          stops.sample(random: random).call(thread)
          thread.join rescue IOError rescue Interrupt
        end
      rescue IOError, Interrupt
      end
      100.times { round.call }
      settle
      GC.start
      before = [rss, descriptors]
      1_000.times { round.call }
      settle
      GC.start
      counters = NATIVE.counters
      puts counters[:live], rss - before[0], descriptors - before[1], counters[:started] > 400, NATIVE.steps(1)
    RUBY
    expect(ended).to have_succeeded
    live, grown, descriptors, busy, alive = ended.out.lines.map(&:chomp)
    expect([live, descriptors, busy, alive]).to eq(%w[0 0 true 65536])
    expect(Integer(grown)).to be < 16 << 20
  end
end
