# frozen_string_literal: true

# A table of many rows in 100 files, of which one is written anew again and again, and runs of a sync of it that are
# killed at any moment: million.rb KIND PLACE FOLDER SEED ROWS KILLS. A quarter of the kills are of the first copy.
# After each run that comes to its end, the target is compared with the table, all of it. It says what it saw as JSON.
require_relative "places"

# Runs of a sync, one after the other.
class Million
  FILES = 100

  def initialize(kind, place, folder, seed, rows)
    @random = Random.new(seed)
    @place = Places.for(kind, place).prepare
    @path = File.join(folder, "table")
    @share = rows / FILES
    @rows_read = []
    @killed = 0
  end

  # @return [Hash] what was seen; or raises
  def call(kills)
    create
    (kills / 4).times { kill(2) }
    copy = run_to_the_end
    difference = 1
    while @killed < kills
      change
      kill(difference)
      difference = run_to_the_end
    end
    { killed: @killed, rows_read: @rows_read, copy: copy.round(2), difference: difference.round(2) }
  end

  private

  # In a process of its own, as everything that takes memory or has threads.
  def create
    apart do
      table = DeltaLake.create(@path, schema: { id: :long, name: :string, price: "decimal(12,2)" })
      FILES.times { |file| table.append(made(file)) }
    end
  end

  # Of the rows of one file some go, and about half of the others change.
  def change
    file = @random.rand(FILES)
    seed = @random.rand(1..99)
    apart do
      rows = made(file).reject { |row| row[:id] % 100 == seed }
      rows.each { |row| row[:price] += seed if row[:id].even? }
      DeltaLake.open(@path).overwrite(rows, where: { id: (file * @share)...((file + 1) * @share) })
    end
  end

  def made(file)
    Array.new(@share) do |i|
      id = (file * @share) + i
      { id: id, name: "customer #{id}", price: BigDecimal(id) / 4 }
    end
  end

  # A run is killed within the seconds that one may take; one that has ended before is none that was killed.
  def kill(seconds)
    pid = fork { sync }
    sleep(@random.rand(0.0..seconds.to_f))
    Process.kill(:KILL, pid)
    @killed += 1 if Process.wait2(pid).last.signaled?
  end

  # @return [Float] seconds
  def run_to_the_end
    reader, writer = IO.pipe
    apart do
      result = sync
      writer.puts(result.rows_read, result.duration)
    end
    writer.close
    @rows_read << Integer(reader.gets)
    apart { compare }
    Float(reader.gets)
  end

  def apart(&)
    raise "a process failed" unless Process.wait2(fork(&)).last.success?
  end

  def sync
    @place.open
    DeltaLake::Sync.new(@path, to: @place.to, name: "items", key: :id, batch: 5_000, progress: false).run
  end

  def compare
    columns = DeltaLake.open(@path).select(:id, :name, :price).to_columns
    wanted = columns.values_at(:id, :name, :price).transpose.sort_by!(&:first)
    found = @place.all
    return if found == wanted

    wrong = (found - wanted).first(3) + (wanted - found).first(3)
    raise "after #{@killed} kills: #{found.size} rows for #{wanted.size}, as #{wrong.inspect}"
  end
end

if $PROGRAM_NAME == __FILE__
  kind, place, folder, seed, rows, kills = ARGV
  puts JSON.generate(Million.new(kind, place, folder, Integer(seed), Integer(rows)).call(Integer(kills)))
end
