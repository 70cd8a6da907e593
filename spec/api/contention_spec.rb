# frozen_string_literal: true

# Many processes and one table: every append lands exactly once, whatever goes on beside.
RSpec.describe "contention", :native do
  let(:appends) { 25 }

  # Appends rows of its own; a quarter of the calls are made again with the same key, as a job's retry makes them.
  def writer(number)
    <<~RUBY
      table = DeltaLake.open(#{table_path.inspect})
      #{appends}.times do |i|
        id = #{number} * 1_000 + i
        (i % 4 == 0 ? 2 : 1).times do |again|
          commit = table.append([{ id: id, country: "writer" }], once: "row-\#{id}", deadline: 240)
          abort "row \#{id}, call \#{again}: \#{commit.inspect}" if commit.skipped? != (again == 1)
        end
      end
    RUBY
  end

  # Overwrites another partition until the writers have ended, once at least.
  def overwriter(stop)
    <<~RUBY
      table = DeltaLake.open(#{table_path.inspect})
      done = 0
      until done.positive? && File.exist?(#{stop.inspect})
        table.overwrite([{ id: -1 - done, country: "other" }], where: { country: "other" }, deadline: 240)
        done += 1
      end
    RUBY
  end

  def checkpointer(stop)
    <<~RUBY
      done = 0
      until done.positive? && File.exist?(#{stop.inspect})
        DeltaLake.open(#{table_path.inspect}).checkpoint
        done += 1
        sleep 0.05
      end
    RUBY
  end

  def processes(scripts)
    scripts.map { |script| Thread.new { ruby(script, limit: 280) } }
  end

  def run(writers)
    create_table({ id: "long not null", country: :string }, partition_by: :country)
    stop = File.join(tmpdir, "stop")
    beside = processes([overwriter(stop), checkpointer(stop)])
    expect(processes(Array.new(writers) { |number| writer(number) }).map(&:value)).to all(have_succeeded)
    File.write(stop, "")
    expect(beside.map(&:value)).to all(have_succeeded)
  end

  def expect_all_of(writers)
    table = DeltaLake.open(table_path)
    expected = Array.new(writers) { |number| Array.new(appends) { |i| (number * 1_000) + i } }.flatten
    expect(table.where(country: "writer").pluck(:id)).to match_array(expected)
    expect(table.where(country: "other").count).to eq(1)
  end

  it "loses and doubles nothing among 8 processes" do
    run(8)
    expect_all_of(8)
  end

  it "loses and doubles nothing among 32 processes", :long do
    run(32)
    expect_all_of(32)
  end
end
