# frozen_string_literal: true

# A table that is written to at random, beside a Hash that says what it has; and runs of a sync of it, each in a process
# of its own, some of which are killed: play.rb KIND PLACE FOLDER FEED SEED ROUNDS KILLS. It says what it saw as JSON.
require_relative "places"

# The table and its Hash.
class Model
  attr_reader :table, :rows

  def initialize(path, random, feed:)
    properties = { "delta.enableChangeDataFeed" => feed, "delta.checkpointInterval" => 3 }
    @table = DeltaLake.create(path, schema: { id: :long, name: :string, price: "decimal(12,2)", unused: :long },
                                    properties: properties)
    @random = random
    @rows = {}
    append
  end

  def step
    case @random.rand(10)
    when 0..3 then append
    when 4..7 then replace(range)
    when 8 then @table.alter { |a| a.add_column("more_#{@table.version}", :string) }
    else replace(nil)
    end
  end

  # What a sync with this condition is to have made of it.
  def expected(visible)
    Places.plain(@rows.values.select(&visible).map { |row| row.except(:unused) })
  end

  private

  def append
    ids = Array.new(@random.rand(1..60)) { @random.rand(400) }.uniq - @rows.keys
    ids.each_slice(30) { |some| put(some) { |rows| @table.append(rows) } }
  end

  # Some of the rows go, others stay as they are, others change.
  def replace(range)
    ids = @rows.keys.select { |id| range.nil? || range.cover?(id) }
    rows = ids.filter_map { |id| @random.rand(4).zero? ? nil : changed(id) }
    @table.overwrite(rows, **(range ? { where: { id: range } } : {}))
    ids.each { |id| @rows.delete(id) }
    rows.each { |row| @rows[row[:id]] = row }
  end

  def changed(id)
    @random.rand(2).zero? ? @rows[id] : row(id)
  end

  def range
    first = @random.rand(400)
    first..(first + @random.rand(100))
  end

  def put(ids)
    made = ids.map { |id| row(id) }
    yield made
    made.each { |row| @rows[row[:id]] = row }
  end

  def row(id)
    { id: id, name: [nil, "a", "b", "c'\"\\"][@random.rand(4)], price: BigDecimal(@random.rand(1000)) / 4,
      unused: @random.rand(3) }
  end
end

# Runs of a sync.
class Play
  WHERE = "price < 200 OR price IS NULL"
  VISIBLE = ->(row) { row[:price] < 200 }

  def initialize(kind, place, folder, feed, seed)
    @random = Random.new(seed)
    @place = Places.for(kind, place).prepare
    @model = Model.new(File.join(folder, "table"), @random, feed: feed)
    @folder = folder
    # Rows that a block makes could be any, which is what makes ActiveRecord write them.
    @made = :itself.to_proc if kind == "upsert_all"
    @modes = []
    @killed = 0
  end

  # @return [Hash] what was seen; or raises
  def call(rounds, kills)
    rounds.times do |round|
      @random.rand(1..4).times { @model.step }
      kill(kills / rounds)
      run_to_the_end
      compare(round)
    end
    { modes: @modes.tally, killed: @killed }
  end

  private

  def compare(round)
    found = @place.rows
    wanted = @model.expected(VISIBLE)
    return if found == wanted

    wrong = (found.keys | wanted.keys).reject { |id| found[id] == wanted[id] }.first(3)
    raise "round #{round}: #{wrong.map { |id| [id, found[id], wanted[id]] }.inspect}"
  end

  # Now and then all of it again.
  def mode
    @random.rand(6).zero? ? :full : :auto
  end

  # So many runs are killed; those that come to their end first kill nobody, and something is done before the next.
  def kill(count)
    goal = @killed + count
    (count * 6).times do
      return if @killed >= goal

      killed_run ? @killed += 1 : @model.step
      @model.step if @random.rand(3).zero?
    end
  end

  # Killed at one of the points at which it has done something, or from outside at any moment. How many points there are
  # is not known before.
  def killed_run
    at = @random.rand(@random.rand(2).zero? ? 1..8 : 1..40)
    moment = @random.rand(8).zero? ? @random.rand(0.0..0.1) : nil
    pid = fork_run(mode, moment ? nil : at)
    if moment
      sleep(moment)
      Process.kill(:KILL, pid)
    end
    status = Process.wait2(pid).last
    raise "a run failed: #{status}" unless status.signaled? || status.success?

    status.signaled?
  end

  def fork_run(mode, at)
    fork do
      passed = 0
      @place.watch { Process.kill(:KILL, Process.pid) if (passed += 1) == at } if at
      sync(mode)
    end
  end

  def run_to_the_end
    reader, writer = IO.pipe
    chosen = mode
    pid = fork do
      writer.write(sync(chosen).mode)
      writer.close
    end
    writer.close
    @modes << reader.read
    raise "the run failed" unless Process.wait2(pid).last.success?
  end

  # Small batches make many points.
  def sync(mode)
    @place.open
    table = DeltaLake.open(File.join(@folder, "table"))
    DeltaLake::Sync.new(table, to: @place.to, name: "items", where: WHERE, select: %i[id name price], batch: 20,
                               mode: mode, progress: false, &@made).run
  end
end

if $PROGRAM_NAME == __FILE__
  kind, place, folder, feed, seed, rounds, kills = ARGV
  play = Play.new(kind, place, folder, feed == "feed", Integer(seed))
  puts JSON.generate(play.call(Integer(rounds), Integer(kills)))
end
