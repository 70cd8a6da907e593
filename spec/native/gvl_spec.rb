# frozen_string_literal: true

RSpec.describe "Waiting without the GVL" do
  it "lets other threads run while a call sleeps" do
    expect(ticks { native.sleep(0.5, nil) }).to be >= 10
  end

  it "lets other threads run while a call computes" do
    expect(ticks { native.spin(0.5) }).to be >= 10
  end

  it "serves threads at once, each with its own result" do
    taken = elapsed do
      versions = Array.new(8) { |i| Thread.new { native.commit(0.4, i, nil) } }.map(&:value)
      expect(versions).to eq((0..7).to_a)
    end
    expect(taken).to be < 1.6
  end

  it "serves 8 threads that compute in Ruby between 100 calls each" do
    threads = Array.new(8) do
      Thread.new { Array.new(100) { 200.times.sum && native.steps(3) }.uniq }
    end
    expect(threads.map(&:value)).to all(eq([65_536]))
  end

  it "works in a fiber, in a trap and at exit" do
    ended = ruby(<<~RUBY)
      at_exit { puts "at exit " + NATIVE.steps(1).to_s }
      puts "fiber " + Fiber.new { NATIVE.steps(1) }.resume.to_s
      trap("USR1") { puts "trap " + NATIVE.steps(1).to_s }
      Process.kill(:USR1, $$)
      sleep 0.1
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out.lines.map(&:chomp)).to eq(["fiber 65536", "trap 65536", "at exit 65536"])
  end

  it "takes a number of worker threads until the runtime runs" do
    ended = ruby(<<~RUBY)
      NATIVE.threads = 3
      puts NATIVE.workers
      NATIVE.threads = 3
      begin
        NATIVE.threads = 2
      rescue DeltaLake::ConfigurationError => e
        puts e.message
      end
      begin
        NATIVE.threads = 0
      rescue ArgumentError => e
        puts e.message
      end
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq(<<~TEXT)
      3
      threads cannot become 2: the runtime runs with 3 already; set it before the first call
      threads must be at least 1
    TEXT
  end

  it "ends at the deadline" do
    taken = elapsed do
      expect { native.sleep(30, 0.1) }.to raise_error(DeltaLake::DeadlineExceededError, /deadline of 0\.1 s/) do |error|
        expect(error).to be_retryable
      end
    end
    expect(taken).to be_between(0.1, 1)
    expect(live_futures).to eq(0)
  end

  it "fails at once for a deadline of nothing" do
    expect { native.sleep(30, 0.0) }.to raise_error(DeltaLake::DeadlineExceededError)
  end
end
