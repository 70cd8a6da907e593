# frozen_string_literal: true

RSpec.describe "Appends in Sidekiq's jobs", :native, :sidekiq do
  before { create_table({ job: :long, row: :long }) }

  let(:random) { Random.new(RSpec.configuration.seed) }
  let(:environment) { { "TABLE" => table_path } }

  def rows_of(id)
    numbers = [0, 1]
    numbers += [2, 3] if (id % 5).zero?
    numbers += [4, 5] if (id % 25).zero?
    numbers.map { |number| [id, number] }
  end

  # Pushed with ids that the producer has noted, so that it can push again what a killed process has taken along.
  def push(jids)
    jids.each { |id, jid| Sidekiq::Client.push("class" => "AppendJob", "args" => [id], "jid" => jid) }
  end

  def done
    redis("SMEMBERS", "done")
  end

  def replace_one(fleet, signal)
    place = random.rand(fleet.size)
    fleet[place].stop(signal)
    fleet[place] = start_sidekiq("append", environment)
  end

  def run_again(ledger)
    retry_failed
    return unless Sidekiq::Queue.new.size.zero?

    found = done
    push(ledger.reject { |_, jid| found.include?(jid) })
  end

  def run_all(ledger, events)
    fleet = Array.new(3) { start_sidekiq("append", environment) }
    wait_until("all jobs are done", progress: -> { done.size }) do
      replace_one(fleet, events.shift.last) if events.any? && done.size >= events.first.first
      run_again(ledger)
      done.size == ledger.size
    end
  end

  def told(jobs, kills)
    ledger = (1..jobs).to_h { |id| [id, SecureRandom.hex(12)] }
    push(ledger)
    signals = %i[KILL TERM].cycle
    run_all(ledger, (1..kills).map { |n| [jobs * n / (kills + 1), signals.next] })
    expect(DeltaLake.open(table_path).pluck(:job, :row)).to match_array((1..jobs).flat_map { |id| rows_of(id) })
  end

  it "are there exactly once, whatever is retried, stopped, killed and pushed again" do
    told(500, 5)
  end

  it "are there exactly once, 5,000 of them", :long do
    told(5_000, 60)
  end

  it "are there as a whole or not at all where Sidekiq shuts down in the middle, and once after the job's next run" do
    go = File.join(tmpdir, "go")
    begun = File.join(tmpdir, "begun")
    # One thread: idle ones may take the job that was pushed back, and end with it.
    process = start_sidekiq("append", environment, threads: 1)
    Sidekiq::Client.push("class" => "SlowJob", "args" => [go, begun], "jid" => "slow")
    wait_until("the append is under way") { File.exist?(begun) }
    process.stop(:TERM)
    expect(process.log).to match(/Terminating \d+ busy/)
    expect(DeltaLake.open(table_path)).to have_attributes(version: 0, count: 0)
    expect(strays).to eq([])
    expect(Sidekiq::Queue.new.map(&:jid)).to eq(["slow"])

    File.write(go, "")
    start_sidekiq("append", environment)
    wait_until("the job was run again") { redis("SISMEMBER", "done", "slow") == 1 }
    Sidekiq::Client.push("class" => "SlowJob", "args" => [go, begun], "jid" => "slow")
    wait_until("the job was run once more") { Sidekiq::Queue.new.size.zero? && Sidekiq::Stats.new.processed >= 2 }
    expect(DeltaLake.open(table_path).pluck(:row)).to match_array(0..2_500)
  end
end
