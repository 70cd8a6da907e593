# frozen_string_literal: true

require "open3"
require "rbconfig"

# A table with one writer that goes on, and one that is killed at a random moment of its work, again and again.
class Kills
  LIB = File.expand_path("../../lib", __dir__)
  ROWS = 3

  # What both do: batches of rows under a key of their own, told once they are acknowledged. Whoever is to be killed
  # keeps the table up as well.
  WRITER = <<~RUBY.freeze
    require "deltalake"
    path, name, batch, upkeep = ARGV
    batch = Integer(batch)
    table = DeltaLake.open(path)
    Thread.new { exit!(0) unless $stdin.read(1) }
    $stdout.sync = true
    puts "ready"
    loop do
      rows = Array.new(#{ROWS}) { |i| { writer: name, batch: batch, row: i } }
      commit = table.append(rows, once: "\#{name}-\#{batch}")
      puts "\#{batch} \#{commit.version}"
      batch += 1
      next if upkeep == "no"

      table.checkpoint
      table.clean_log
    end
  RUBY

  def initialize(path, random)
    @path = path
    @random = random
    @acknowledged = { "other" => 0, "victim" => 0 }
    @seen = 0
  end

  # Yields after each round, while the other writer goes on.
  def run(rounds)
    writer("other", "no") do |other, _|
      follow(other, "other")
      rounds.times do
        age
        kill_one
        yield
      end
    end
  end

  # What is wrong with the table, if anything is.
  def wrong
    told = @acknowledged.dup
    rows = DeltaLake.open(@path).to_a.map { |row| row.values_at(:writer, :batch, :row) }
    twice(rows) || partial(rows) || lost(rows, told)
  end

  private

  def twice(rows)
    again = rows.tally.select { |_, times| times > 1 }
    "rows are there twice: #{again.first(3)}" unless again.empty?
  end

  def partial(rows)
    batch = rows.group_by { |row| row.first(2) }.find { |_, found| found.size != ROWS }
    "a batch is there in part: #{batch}" if batch
  end

  def lost(rows, told)
    lost = told.flat_map { |name, last| [name].product([*1..last]) } - rows.map { |row| row.first(2) }
    "acknowledged rows are lost: #{lost.first(3)}" unless lost.empty?
  end

  def writer(name, upkeep)
    command = [RbConfig.ruby, "-I", LIB, "-e", WRITER, @path, name, (@acknowledged[name] + 1).to_s, upkeep]
    Open3.popen2(*command) do |stdin, out, process|
      raise "#{name} did not start" unless out.gets == "ready\n"

      yield out, process
    ensure
      stdin.close
      out.close
    end
  end

  # Goes on from the last batch that was acknowledged: the next one may have landed, and is appended once more.
  def kill_one
    writer("victim", "yes") do |out, process|
      reader = follow(out, "victim")
      sleep(@random.rand(0.0..0.3))
      Process.kill(:KILL, process.pid)
      process.value
      reader.join
    end
  end

  def follow(out, name)
    Thread.new do
      while (line = out.gets)
        batch, version = line.split.map { |word| Integer(word) }
        @acknowledged[name] = batch if batch
        @seen = version if name == "other"
      end
    rescue IOError
      nil
    end
  end

  # Makes old what the other writer has seen: a commit that it has not seen would be younger than an hour in life.
  def age
    before = Time.now - (3 * 86_400)
    Dir[File.join(@path, "_delta_log", "{,_sidecars/}*.*")].each do |file|
      version = File.basename(file)[/\A\d{20}/]
      File.utime(before, before, file) if version.nil? || Integer(version, 10) < @seen
    rescue Errno::ENOENT
      next
    end
  end
end
