# frozen_string_literal: true

require "active_record"
require "json"
require_relative "../../spec/support/services/postgres"
require_relative "../../spec/support/services/redis"
require_relative "sync_profile"

# Syncs of one table into one target, each in a process of its own.
class SyncBenchmark
  COLUMNS = ["target", "run", "mode", "rows read", "files", "upserts", "deletes", "seconds", "waited", "ours", "theirs",
             "share", "peak MB"].freeze
  HEAD = "%-9s %-6s %-10s %10s %6s %9s %8s %8s %8s %8s %8s %6s %8s"
  LINE = "%-9s %-6s %-10s %10d %6d %9d %8d %8.2f %8.2f %8.2f %8.2f %5.0f%% %8.0f"

  # What was waited for, and what the processor did of it in this process.
  class Clock
    attr_reader :seconds, :processor

    def initialize
      @seconds = @processor = 0.0
      @depth = 0
    end

    # Counts the time of those methods, those of which call others of them once.
    def watch(type, *names)
      clock = self
      type.prepend(Module.new do
        names.each do |name|
          define_method(name) { |*args, **options, &block| clock.count { super(*args, **options, &block) } }
        end
      end)
    end

    def count
      return yield if @depth.positive?

      @depth += 1
      start = Common.now
      processor = Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID)
      begin
        yield
      ensure
        @seconds += Common.now - start
        @processor += Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) - processor
        @depth -= 1
      end
    end
  end

  # A database that ActiveRecord speaks to.
  class Database
    def initialize(folder)
      @folder = folder
    end

    def connect
      ActiveRecord::Base.establish_connection(@url)
      @model = Class.new(ActiveRecord::Base) { self.table_name = "customers" }
    end

    def prepare
      connect
      DeltaLake::Sync.create_cursors(ActiveRecord::Base.connection)
      ActiveRecord::Base.connection.create_table(:customers) do |t|
        t.string :name
        t.string :country
        t.float :price
        t.boolean :active
        t.datetime :created_at, precision: 6
      end
      ActiveRecord::Base.connection_handler.clear_all_connections!
    end

    def to
      @model
    end

    def count
      @model.count
    end
  end

  # PostgreSQL, as it is in production: what it has answered is on the disk.
  class Postgres < Database
    def use
      server = Services::Postgres.new.start
      @url = server.create_database("benchmark")
      connection = PG.connect(server.url)
      connection.exec("ALTER SYSTEM SET fsync = on")
      connection.exec("SELECT pg_reload_conf()")
      connection.close
      yield self
    ensure
      server&.stop
    end

    def watch(clock)
      clock.watch(PG::Connection, :exec, :exec_params, :exec_prepared, :async_exec, :async_exec_params)
    end

    # Of the process that works for this connection, in hundredths as Linux has it.
    def processor
      pid = ActiveRecord::Base.connection.select_value("SELECT pg_backend_pid()")
      File.read("/proc/#{pid}/stat").rpartition(")").last.split.values_at(11, 12).sum { |ticks| Float(ticks) } / 100
    end
  end

  # A file.
  class SQLite < Database
    def use
      require "sqlite3"
      @url = "sqlite3:#{File.join(@folder, 'benchmark.sqlite3')}"
      yield self
    end

    def watch(clock)
      clock.watch(SQLite3::Database, :prepare, :execute, :execute_batch2)
      clock.watch(SQLite3::Statement, :step, :execute, :close)
    end

    # It is in this process.
    def processor
      0.0
    end
  end

  # Hashes in Redis.
  class Cache
    def self.new(_folder)
      super()
    end

    def use
      require "redis"
      server = Services::Redis.new.start
      @url = server.url
      yield self
    ensure
      server&.stop
    end

    def prepare; end

    def connect
      @redis = ::Redis.new(url: @url)
    end

    def to
      DeltaLake::Sync.redis(@redis, prefix: "customer:")
    end

    def count
      @redis.dbsize - 1
    end

    def watch(clock)
      clock.watch(::Redis::Client, :call, :call_pipeline)
    end

    def processor
      @redis.info.values_at("used_cpu_user", "used_cpu_sys").sum { |seconds| Float(seconds) }
    end
  end

  TARGETS = { "postgres" => Postgres, "sqlite" => SQLite, "redis" => Cache }.freeze

  # A table of so many rows, each file with an even share of them.
  def self.table(path, rows, files)
    share = rows / files
    table = DeltaLake.create(path, schema: Common::SCHEMA)
    files.times do |file|
      table.append(made(file * share, share))
    end
    table
  end

  def self.made(first, count)
    Array.new(count) do |i|
      id = first + i
      { id: id, name: "customer #{id}", country: Common::COUNTRIES[id % 50], price: id * 0.25, active: (id % 3).zero?,
        created_at: Common::START + id }
    end
  end

  def initialize(target, table, batch)
    @target = target
    @table = table
    @batch = batch
  end

  def call
    @target.prepare
    apart("full")
    change
    apart("1 %")
  end

  private

  # One file in a hundred is written anew: of its rows half are others, and a hundredth is gone.
  def change
    share = @table.files.first.rows
    (@table.files.count / 100.0).ceil.times { |n| replace(n * 2 * share, share) }
  end

  def replace(first, count)
    rows = self.class.made(first, count).reject { |row| (row[:id] % 100).zero? }
    rows.each { |row| row[:price] += 1 if row[:id].even? }
    @table.overwrite(rows, where: { id: first...(first + count) })
  end

  def apart(run)
    pid = fork do
      clock = Clock.new
      @target.connect
      @target.watch(clock)
      table = DeltaLake.open(@table.uri)
      sync = DeltaLake::Sync.new(table, to: @target.to, name: "benchmark", batch: @batch, progress: false)
      sync = SyncProfile.new(sync, @target) if ENV.key?("BENCH_PROFILE")
      measure(run, sync, clock)
      puts sync if ENV.key?("BENCH_PROFILE")
      abort "The target has #{@target.count} rows, the table #{table.count}" unless @target.count == table.count
    end
    exit(1) unless Process.wait2(pid).last.success?
  end

  def measure(run, sync, clock)
    theirs = -@target.processor
    all = -Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    before = [clock.seconds, clock.processor]
    measured = Common.measure { sync.run }
    waited = clock.seconds - before.first
    driver = clock.processor - before.last
    all += Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    theirs += @target.processor + driver
    report(run, measured, waited, all - driver, theirs)
  end

  def report(run, measured, waited, ours, theirs)
    result = measured[:result]
    puts format(LINE, TARGETS.key(@target.class), run, result.mode, result.rows_read, result.files_read,
                result.upserted, result.deleted, measured[:seconds], waited, ours, theirs,
                ours / (ours + theirs) * 100, measured[:peak_mb])
    $stdout.flush
  end
end
