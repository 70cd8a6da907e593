# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"
require "timeout"

# For specs of the native module itself: the methods of test builds, clocks, and processes that may crash.
module NativeHelper
  LIB = File.expand_path("../../lib", __dir__)

  # What a script of `ruby` says when it has ended.
  Ended = Struct.new(:out, :err, :status, keyword_init: true)

  # Every script can use these.
  PRELUDE = <<~RUBY
    require "deltalake"
    require "timeout"
    $stdout.sync = true
    NATIVE = DeltaLake::Native::Testing
    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    def rss = Integer(File.read("/proc/self/statm").split[1]) * 4096
    def descriptors = Dir.children("/proc/self/fd").size
    def settle = 100.times { NATIVE.counters[:live].zero? ? break : sleep(0.02) }
  RUBY

  def native
    DeltaLake::Native::Testing
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def elapsed
    start = now
    yield
    now - start
  end

  def median(tries, &block)
    Array.new(tries, &block).sort[tries / 2]
  end

  # How often another thread came to its turn, at 5 ms a turn, while the block ran: once at most where it has to wait,
  # and less than it should on a busy machine.
  def ticks
    count = 0
    ticker = Thread.new { loop { sleep(0.005) && (count += 1) } }
    yield
    count
  ensure
    ticker.kill
  end

  # The longest that another thread had to wait for its turn, and how long the block took. Without garbage collection:
  # marking what a whole suite has left stops every thread for long, whoever allocates.
  def longest_wait(&block)
    GC.start
    GC.disable
    waits = []
    running = true
    begun = Queue.new
    ticker = Thread.new do
      begun << (last = now)
      while running || waits.empty?
        sleep(0.001)
        waits << (now - last)
        last = now
      end
    end
    begun.pop
    took = elapsed(&block)
    running = false
    ticker.join
    [waits.max, took, waits.size]
  ensure
    GC.enable
  end

  # Waits until every future of test natives is gone, and says how many are not.
  def live_futures
    100.times { native.counters[:live].zero? ? break : sleep(0.02) }
    native.counters[:live]
  end

  # A thread whose end by an exception is the spec's business and nobody else's.
  def quiet_thread(&block)
    Thread.new(&block).tap { |thread| thread.report_on_exception = false }
  end

  # Starts `script` in a Ruby of its own; yields its output and process id, if a block is given.
  def ruby(script, limit: 60, &block)
    Open3.popen3(RbConfig.ruby, "-I", LIB, "-e", PRELUDE + script) do |stdin, out, err, process|
      stdin.close
      errors = Thread.new { err.read }
      text = Timeout.timeout(limit) { "#{block&.call(out, process.pid)}#{out.read}" }
      Ended.new(out: text, err: errors.value, status: process.value)
    rescue Timeout::Error
      Process.kill(:KILL, process.pid)
      raise "still running after #{limit} s:\n#{errors.value}"
    end
  end

  # What `script` shows, a line of JSON each, but for what Sidekiq logs to the same output from 7 on.
  def shown_by(script)
    ended = ruby(script)
    expect(ended).to have_succeeded
    ended.out.lines.grep_v(/ pid=\d/).map { |line| JSON.parse(line) }
  end

  # Looks in a Ruby of its own, since what is required there may change classes of Ruby's.
  def skip_without(library)
    _, status = Open3.capture2e(RbConfig.ruby, "-e", "require #{library.dump}")
    skip "there is no #{library}" unless status.success?
  end
end

RSpec.configure do |config|
  config.include NativeHelper, :native
  config.define_derived_metadata(file_path: %r{/spec/native/}) { |metadata| metadata[:native] = true }
end

RSpec::Matchers.define :have_succeeded do
  match { |ended| ended.status.success? && ended.err.empty? }
  failure_message { |ended| "#{ended.status}\n--- stdout\n#{ended.out}\n--- stderr\n#{ended.err}" }
end
