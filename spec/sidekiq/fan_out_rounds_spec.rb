# frozen_string_literal: true

RSpec.describe "A server process that looks after fan-outs", :fan_out, :native, :sidekiq do
  before do
    require "deltalake/sidekiq"
    stub_const("CopyJob", job_class(DeltaLake::Sidekiq::TaskJob) { |*| nil })
  end

  let(:fan_out) { DeltaLake::Sidekiq::FanOut }
  let(:scheduled) { Sidekiq::ScheduledSet.new }

  def ensure_all
    fan_out::WatchdogJob.ensure_all
  end

  # What is logged meanwhile.
  def logged
    lines = []
    allow(Sidekiq.logger).to receive(:warn) { |*given, &text| lines << (text ? text.call : given.first) }
    yield
    lines
  end

  it "has one thread for that" do
    start_sidekiq("fan_out", {})
    wait_until("it has begun") { redis("LLEN", "threads").positive? }
    expect(redis("LRANGE", "threads", 0, -1).grep(/fan-outs/)).to eq(["deltalake fan-outs"])
  end

  it "calls another watchdog where that is lost meanwhile" do
    found = fan_out.start([1], job: CopyJob, lease: 0.1)
    thread = fan_out::Rounds.begin(every: 0.05)
    scheduled.clear
    wait_until("there is another watchdog") { scheduled.size.positive? }
    expect(scheduled.map(&:args).uniq).to eq([[found.id]])
    expect(fan_out::Rounds.begin).to be(thread)
  ensure
    thread&.kill&.join
  end

  it "calls another where the watchdog is to come too late, by the clock of another machine" do
    tomorrow = Time.now + 86_400
    allow(Time).to receive(:now).and_return(tomorrow)
    found = fan_out.start([1], job: CopyJob, lease: 5)
    allow(Time).to receive(:now).and_call_original
    ensure_all
    expect(state(found).watch.last).to be_within(5).of(Time.now.to_f)
    expect { ensure_all }.not_to(change(scheduled, :size))
  end

  it "looks after the others where it cannot for one" do
    broken, sound = %w[broken sound].map { |id| fan_out.start([1], job: CopyJob, id:) }
    [broken, sound].each { |found| redis("HDEL", "deltalake:fan-out:#{found.id}", "watch") }
    redis("HSET", "deltalake:fan-out:broken", "lease", "nonsense")
    scheduled.clear
    expect(logged { ensure_all }).to contain_exactly(/fan-out broken could not be looked after/)
    expect(scheduled.map(&:args)).to eq([["sound"]])
  end

  it "goes on where Redis does not answer" do
    allow(fan_out::State).to receive(:all).and_raise(IOError, "no Redis")
    expect(logged { ensure_all }).to contain_exactly(/no Redis/)
  end
end
