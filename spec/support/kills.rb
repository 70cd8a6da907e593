# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"

# A table with one writer that goes on, and one that is killed at a random moment of its work, again and again.
class Kills
  LIB = File.expand_path("../../lib", __dir__)
  ROWS = 3

  # What both do: batches of rows under a key of their own, told once they are acknowledged. Whoever is to be killed
  # replaces the rows of a third writer besides, and keeps the table up.
  WRITER = <<~RUBY.freeze
    require "deltalake"
    require "json"
    uri, storage, name, batch, state, upkeep = ARGV
    batch = Integer(batch)
    state = Integer(state)
    table = DeltaLake.open(uri, storage: JSON.parse(storage))
    Thread.new { exit!(0) unless $stdin.read(1) }
    $stdout.sync = true
    puts "ready"
    rows = ->(writer, batch) { Array.new(#{ROWS}) { |i| { writer: writer, batch: batch, row: i } } }
    loop do
      commit = table.append(rows.call(name, batch), once: "\#{name}-\#{batch}")
      puts "\#{name} \#{batch} \#{commit.version}"
      batch += 1
      next if upkeep == "no"

      begin
        commit = table.overwrite(rows.call("state", state), where: "writer = 'state'", once: "state-\#{state}")
        puts "state \#{state} \#{commit.version}"
        state += 1
      rescue DeltaLake::CommitConflictError
        table.refresh
      end
      table.checkpoint
      table.clean_log
    end
  RUBY

  # @return [Hash{String => Integer}] the last batch of each writer that was acknowledged
  attr_reader :acknowledged

  def initialize(uri, random, storage: {})
    @uri = uri
    @storage = storage
    @random = random
    @acknowledged = { "other" => 0, "victim" => 0, "state" => 0 }
    @seen = 0
  end

  # Yields after each round, while the other writer goes on.
  def run(rounds)
    writer("other", "no") do |other, _|
      follow(other)
      rounds.times do |round|
        age
        kill_one(round % 4)
        yield
      end
    end
  end

  # What is wrong with the table, if anything is.
  def wrong
    told = @acknowledged.dup
    rows = DeltaLake.open(@uri, storage: @storage).to_a.map { |row| row.values_at(:writer, :batch, :row) }
    state, rows = rows.partition { |row| row.first == "state" }
    twice(rows) || partial(rows + state) || lost(rows, told) || outdated(state, told)
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
    lost = told.except("state").flat_map { |name, last| [name].product([*1..last]) } - rows.map { |row| row.first(2) }
    "acknowledged rows are lost: #{lost.first(3)}" unless lost.empty?
  end

  # Each batch replaces the one before: of all of them one is there, and none that is older than the last one told.
  def outdated(rows, told)
    batches = rows.map { |row| row[1] }.uniq
    return if batches.size <= 1 && batches.sum >= told["state"]

    "rows were replaced by batch #{told['state']}, and there are those of #{batches}"
  end

  def writer(name, upkeep)
    next_ones = [name, "state"].map { |writer| (@acknowledged[writer] + 1).to_s }
    command = [RbConfig.ruby, "-I", LIB, "-e", WRITER, @uri, JSON.generate(@storage), name, *next_ones, upkeep]
    Open3.popen2(*command) do |stdin, out, process|
      raise "#{name} did not start" unless out.gets == "ready\n"

      yield out, process
    ensure
      stdin.close
      out.close
    end
  end

  # Goes on from the last batch that was acknowledged: the next one may have landed, and is appended once more.
  # The moment counts from an acknowledgement, so that a slow machine gets as far as a fast one.
  def kill_one(after)
    writer("victim", "yes") do |out, process|
      after.times { acknowledge(out.gets) }
      reader = follow(out)
      sleep(@random.rand(0.0..0.2))
      Process.kill(:KILL, process.pid)
      process.value
      reader.join
    end
  end

  def follow(out)
    Thread.new do
      while (line = out.gets)
        acknowledge(line)
      end
    rescue IOError
      nil
    end
  end

  # A line that was cut off by the kill says nothing.
  def acknowledge(line)
    name, batch, version = line.to_s.split
    return unless version

    @acknowledged[name] = Integer(batch)
    @seen = Integer(version) if name == "other"
  end

  # Makes old what the other writer has seen: a commit that it has not seen would be younger than an hour in life.
  # Only a disk lets us.
  def age
    return unless @storage.empty?

    before = Time.now - (3 * 86_400)
    Dir[File.join(@uri, "_delta_log", "{,_sidecars/}*.*")].each do |file|
      version = File.basename(file)[/\A\d{20}/]
      File.utime(before, before, file) if version.nil? || Integer(version, 10) < @seen
    rescue Errno::ENOENT
      next
    end
  end
end
