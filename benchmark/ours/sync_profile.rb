# frozen_string_literal: true

require "deltalake/sync"

# A sync that tells where the processor's time goes, in this process: seconds of each part on the thread that runs it,
# and of all other threads. What the garbage collector takes is in the parts, and told besides.
class SyncProfile
  DRIVER = "the driver, which is not ours"
  PARTS = {
    "Ruby's values of batches" => [DeltaLake::Native::Stream, :next, :next_columns],
    "keys, and that each is there once" => [DeltaLake::Sync::Full, :changes],
    "arrays of PostgreSQL's, as text" => [DeltaLake::Sync::Targets::PostgreSQLColumn, :array],
    "the rest of writing: cursor, transaction" => [DeltaLake::Sync::Session, :write]
  }.freeze

  def initialize(sync, target)
    @sync = sync
    @seconds = Hash.new(0.0)
    @within = []
    PARTS.each { |part, (type, *methods)| watch(type, *methods, part: part) }
    target.watch(self)
  end

  # What one part calls of another is of the other alone.
  def watch(type, *names, part: DRIVER)
    profile = self
    type.prepend(Module.new do
      names.each do |name|
        define_method(name) { |*args, **options, &block| profile.count(part) { super(*args, **options, &block) } }
      end
    end)
  end

  def count(part)
    passed
    @within.push(part)
    yield
  ensure
    passed
    @within.pop
  end

  def run
    @seconds.clear
    all = -processor(:CLOCK_PROCESS_CPUTIME_ID)
    @collected = -GC.stat(:time)
    @at = start = processor(:CLOCK_THREAD_CPUTIME_ID)
    @sync.run.tap do
      passed
      @others = all + processor(:CLOCK_PROCESS_CPUTIME_ID) - (@at - start)
      @collected += GC.stat(:time)
    end
  end

  def to_s
    parts = [*PARTS.keys, DRIVER].to_h { |part| [part, @seconds[part]] }
    parts["all else"] = @seconds[nil]
    parts["other threads: files read and decoded"] = @others
    parts["of all that, garbage collection"] = @collected / 1000.0
    parts.map { |part, seconds| format("    %-42<part>s %6.2<seconds>f", part: part, seconds: seconds) }.join("\n")
  end

  private

  # Time since the last call is of the innermost part.
  def passed
    now = processor(:CLOCK_THREAD_CPUTIME_ID)
    @seconds[@within.last] += now - @at if @at
    @at = now
  end

  def processor(clock)
    Process.clock_gettime(Process.const_get(clock))
  end
end
