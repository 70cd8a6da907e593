# frozen_string_literal: true

# A database that is written to, beside what it should have become in a table; and runs of an export, each in a process
# of its own, some of which are killed: export_play.rb URL FOLDER SEED KILLS. It says what it saw as JSON.
require "active_record"
require "json"
require "pg" if ARGV.first.start_with?("postgres")
require "deltalake/export"

# Rows that change.
class Item < ActiveRecord::Base
end

# Runs of an export.
class ExportPlay
  def initialize(url, folder, seed)
    @url = url
    @path = File.join(folder, "table")
    @random = Random.new(seed)
    @clock = Time.utc(2026, 1, 1)
    @states = []
  end

  def call(kills)
    connected do
      ActiveRecord::Schema.verbose = false
      ActiveRecord::Base.connection.create_table(:items) do |t|
        t.string :name
        t.datetime :updated_at, precision: 6, index: true
      end
      DeltaLake.create(@path, schema: DeltaLake::Schema.from_model(Item))
    end
    killed = 0
    (kills * 6).times do
      break if killed >= kills

      change
      killed += 1 if run(@random.rand(1..20)) == :killed
    end
    run(nil)
    { killed: killed, **compare }
  end

  private

  # The child of a fork opens its own.
  def connected
    ActiveRecord::Base.establish_connection(@url)
    yield
  ensure
    ActiveRecord::Base.connection_handler.clear_all_connections!
  end

  # Many rows of one moment; between two runs each row has one state. A child's database is left in peace meanwhile.
  def change
    connected do
      ids = Array.new(@random.rand(1..40)) { @random.rand(200) + 1 }.uniq
      rows = ids.map do |id|
        @clock += Rational(@random.rand(2), 1_000_000)
        { id: id, name: "state #{@states.size}", updated_at: @clock }
      end
      Item.upsert_all(rows)
      @clock += 1
      @states << rows
    end
  end

  def run(at)
    pid = fork do
      passed = 0
      ActiveSupport::Notifications.subscribe("sql.active_record") { pass if (passed += 1) == at } if at
      connected { DeltaLake::Export.new(Item, to: @path, name: "items", batch: 7).run }
    end
    status = Process.wait2(pid).last
    raise "a run failed: #{status}" unless status.success? || status.signaled?

    status.signaled? ? :killed : :ended
  end

  # At once, or within the commit after it.
  def pass
    return Process.kill(:KILL, Process.pid) if @random.rand(2).zero?

    Thread.new do
      sleep(@random.rand(0.0..0.02))
      Process.kill(:KILL, Process.pid)
    end
  end

  def compare
    seen = DeltaLake.open(@path).to_a.map { |row| [row[:id], row[:updated_at], row[:name]] }
    all = @states.flatten.map { |row| row.values_at(:id, :updated_at, :name) }
    newest = connected { Item.pluck(:id, :updated_at, :name) }
    { rows: seen.size, twice: seen.size - seen.uniq.size, unknown: (seen - all).size, missing: (newest - seen).size }
  end
end

if $PROGRAM_NAME == __FILE__
  url, folder, seed, kills = ARGV
  puts JSON.generate(ExportPlay.new(url, folder, Integer(seed)).call(Integer(kills)))
end
