# frozen_string_literal: true

# Many processes that append to one table, beside one that overwrites another partition of it and one that writes
# checkpoints. Every append is to be there exactly once.
class Contention
  SCHEMA = { id: "long not null", country: :string }.freeze
  DEADLINE = 240

  # @yieldparam script [String] to be run in a Ruby of its own, without ending the run
  # @yieldreturn [Object] how it ended
  def initialize(uri, storage: {}, appends: 25, &run)
    @uri = uri
    @storage = storage
    @appends = appends
    @run = run
  end

  # @return [Array] how each of the processes ended
  def run(writers, stop)
    DeltaLake.create(@uri, storage: @storage, schema: SCHEMA, partition_by: :country)
    beside = start([overwriter(stop), checkpointer(stop)])
    ended = start(Array.new(writers) { |number| writer(number) }).map(&:value)
    File.write(stop, "")
    ended + beside.map(&:value)
  end

  # What is wrong with the table, if anything is.
  def wrong(writers)
    table = DeltaLake.open(@uri, storage: @storage)
    found = table.where(country: "writer").pluck(:id)
    expected = Array.new(writers) { |number| ids(number) }.flatten
    others = table.where(country: "other").count
    return "there are #{others} rows of the overwriter" unless others == 1

    "lost: #{expected - found}, #{found.size} rows and #{found.uniq.size} ids" unless found.sort == expected
  end

  private

  def start(scripts)
    scripts.map { |script| Thread.new { @run.call(script) } }
  end

  def ids(number)
    Array.new(@appends) { |i| (number * 1_000) + i }
  end

  def open_table
    "DeltaLake.open(#{@uri.inspect}, storage: #{@storage.inspect})"
  end

  # Appends rows of its own; a quarter of the calls are made again with the same key, as a job's retry makes them.
  def writer(number)
    <<~RUBY
      table = #{open_table}
      #{ids(number)}.each_with_index do |id, i|
        (i % 4 == 0 ? 2 : 1).times do |again|
          commit = table.append([{ id: id, country: "writer" }], once: "row-\#{id}", deadline: #{DEADLINE})
          abort "row \#{id}, call \#{again}: \#{commit.inspect}" if commit.skipped? != (again == 1)
        end
      end
    RUBY
  end

  # Overwrites another partition until the writers have ended, once at least.
  def overwriter(stop)
    <<~RUBY
      table = #{open_table}
      done = 0
      until done.positive? && File.exist?(#{stop.inspect})
        table.overwrite([{ id: -1 - done, country: "other" }], where: { country: "other" }, deadline: #{DEADLINE})
        done += 1
      end
    RUBY
  end

  def checkpointer(stop)
    <<~RUBY
      done = 0
      until done.positive? && File.exist?(#{stop.inspect})
        #{open_table}.checkpoint
        done += 1
        sleep 0.05
      end
    RUBY
  end
end
