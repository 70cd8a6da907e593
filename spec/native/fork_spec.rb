# frozen_string_literal: true

RSpec.describe "Fork" do
  def forks(script, limit: 60)
    ruby(<<~RUBY + script, limit: limit)
      # Runs the block in a child that must end by itself and well.
      def child(&block)
        pid = fork(&block)
        Timeout.timeout(20) { Process.wait(pid) }
        puts($?.success? ? "well" : $?.inspect)
      rescue Timeout::Error
        Process.kill(:KILL, pid)
        puts "hung"
      end
    RUBY
  end

  it "after use works in the child and again in the parent, 20 times in a row" do
    ended = forks(<<~RUBY)
      20.times do
        NATIVE.sleep(0.001, nil)
        child { exit(NATIVE.sleep(0.001, nil) == 65_536) }
        NATIVE.sleep(0.001, nil)
      end
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out.lines).to eq(["well\n"] * 20)
  end

  it "works while other threads are in the middle of calls" do
    ended = forks(<<~RUBY)
      stop = false
      busy = [-> { NATIVE.sleep(0.01, nil) }, -> { NATIVE.steps(200) }, -> { NATIVE.noop }, -> { NATIVE.spin(0.002) }]
      threads = busy.map { |call| Thread.new { call.call until stop } }
      long = Thread.new { NATIVE.sleep(3, nil) }
      20.times do
        child { exit(Array.new(4) { Thread.new { NATIVE.steps(5) } }.map(&:value).uniq == [65_536]) }
        NATIVE.steps(5)
      end
      stop = true
      threads.each(&:join)
      puts long.value
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out.lines).to eq([*(["well\n"] * 20), "65536\n"])
  end

  it "works in the child of a child" do
    ended = forks(<<~RUBY)
      NATIVE.noop
      child { NATIVE.noop; child { NATIVE.noop; child { exit(NATIVE.steps(1) == 65_536) } } }
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out.lines).to eq(["well\n"] * 3)
  end

  it "before first use works too" do
    ended = forks(<<~RUBY)
      child { exit(NATIVE.steps(1) == 65_536) }
      puts NATIVE.steps(1)
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("well\n65536\n")
  end

  it "lets a child interrupt its calls" do
    ended = forks(<<~RUBY)
      NATIVE.noop
      child do
        start = now
        begin
          Timeout.timeout(0.1) { NATIVE.sleep(30, nil) }
        rescue Timeout::Error
          exit(now - start < 5)
        end
        exit(false)
      end
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("well\n")
  end

  it "lets a child panic" do
    ended = forks(<<~RUBY)
      NATIVE.noop
      child do
        NATIVE.panic_in_future("child")
      rescue DeltaLake::InternalError
        exit(true)
      end
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("well\n")
  end

  it "makes an open stream a ForkError in the child, where it is collected without harm" do
    ended = forks(<<~RUBY)
      streams = Array.new(50) { NATIVE::Stream.open(1_000) }
      child do
        message = begin
          streams.first.next
        rescue DeltaLake::ForkError => e
          e.message
        end
        closed = begin
          streams.last.close
        rescue DeltaLake::ForkError
          "refused"
        end
        puts message.sub(/\\d+/, "N"), closed
        streams.clear
        message = closed = nil
        GC.start
        # Forgotten and not dropped: the counters, copied from the parent, stand where they stood.
        puts NATIVE.counters[:live]
        own = NATIVE::Stream.open(1_000)
        exit(own.next == 65_536)
      end
      puts streams.sum(&:next) / 65_536
      streams.each(&:close)
      puts NATIVE.counters[:live]
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq(<<~TEXT)
      this stream was opened before a fork (in process N): open a new stream in this one
      refused
      50
      well
      50
      0
    TEXT
  end

  it "works in a daemon" do
    ended = forks(<<~RUBY)
      NATIVE.noop
      reader, writer = IO.pipe
      pid = fork do
        Process.daemon(false, true)
        writer.write(NATIVE.steps(1).to_s)
        exit!(0)
      end
      Process.wait(pid)
      writer.close
      puts Timeout.timeout(20) { reader.read }
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("65536\n")
  end
end
