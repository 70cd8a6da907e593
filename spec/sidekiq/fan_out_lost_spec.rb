# frozen_string_literal: true

RSpec.describe "A fan-out of which Redis has lost something", :fan_out, :native, :sidekiq do
  before do
    require "deltalake/sidekiq"
    stub_const("CopyJob", job_class(DeltaLake::Sidekiq::TaskJob) { |*| nil })
    stub_const("StageJob", job_class(DeltaLake::Sidekiq::StageJob) { |task, *| ([{ id: task }] if task.positive?) })
    stub_const("DoneJob", job_class)
  end

  let(:fan_out) { DeltaLake::Sidekiq::FanOut }
  let(:target) { create_table({ id: :long }, path: table_path("target")) }
  let(:staged) do
    DeltaLake::Sidekiq::StagedWork.start([1, 2, 0], job: StageJob, into: target, on_complete: DoneJob)
  end

  def lose(found, part = nil)
    redis("DEL", *redis("KEYS", ["deltalake:fan-out:#{found.id}", part].compact.join(":") + ("*" unless part).to_s))
  end

  # What the version before had in Redis.
  def make_older(found)
    redis("HDEL", "deltalake:fan-out:#{found.id}", "form", "finished")
  end

  def perform_tasks(found)
    queue.each { |job| perform(job) if job.args.first == found.id && job.klass != "DoneJob" }
  end

  it "commits no part of the rows where all of it has expired before the commit" do
    perform_tasks(staged)
    lose(staged)
    expect { perform_callback(queue.first) }.to raise_error(DeltaLake::Error, /Redis has lost .*noeviction.*expires_in/)
    expect(target.refresh.version).to eq(0)
  end

  it "commits no part of the rows where results are gone, and nothing follows" do
    perform_tasks(staged)
    lose(staged, "results")
    expect { perform_callback(queue.first) }.to raise_error(DeltaLake::Error, /Redis has lost rows/)
    expect(target.refresh.version).to eq(0)
    expect([staged.over?, queue.size]).to eq([false, 0])
  end

  it "is not finished where tasks are gone that nobody has done" do
    found = staged
    perform(queue.first)
    lose(found, "tasks")
    2.times { expect { perform(queue.first) }.to raise_error(DeltaLake::Error, /Redis has lost tasks/) }
    expect(queue.size).to eq(0)
    expect { watch(found) }.to raise_error(DeltaLake::Error, /Redis has lost tasks/)
    expect { fan_out.start([1], job: CopyJob, id: found.id) }.to raise_error(DeltaLake::Error, /another id/)
    expect(found).not_to be_over
    expect(target.refresh.version).to eq(0)
  end

  it "has no watchdog any more where tasks are gone" do
    found = fan_out.start([1], job: CopyJob, lease: 0.1)
    lose(found, "tasks")
    Sidekiq::ScheduledSet.new.clear
    sleep(0.5)
    fan_out::WatchdogJob.ensure_all
    expect { watch(found) }.to raise_error(DeltaLake::Error)
    expect(Sidekiq::ScheduledSet.new.size).to eq(0)
  end

  it "says so to the task that was at work meanwhile" do
    found = fan_out.start([1, 2], job: CopyJob, on_complete: DoneJob)
    allow(fan_out::Tasks).to receive(:load) { lose(found) }
    expect { perform(queue.first) }.to raise_error(DeltaLake::Error, /Redis has lost/)
    expect(redis("EXISTS", "deltalake:fan-out:#{found.id}")).to eq(0)
  end

  it "leaves nothing that never expires where it is gone while what follows is at work" do
    found = fan_out.start([], job: CopyJob, on_complete: DoneJob)
    expect { follow(queue.first) { lose(found) } }.to raise_error(DeltaLake::Error, /Redis has lost all/)
    expect(redis("KEYS", "deltalake:fan-out:*").map { |key| redis("TTL", key) }).to all(be_positive)
    expect(fan_out.find(found.id)).to be_nil
  end

  it "takes nothing from one of before with its id, of which parts are left" do
    found = staged
    perform_tasks(found)
    queue.clear
    redis("DEL", "deltalake:fan-out:#{found.id}")
    DeltaLake::Sidekiq::StagedWork.start([7, 8], job: StageJob, into: target, id: found.id)
    perform_tasks(found)
    perform_callback(queue.first)
    expect(target.refresh.pluck(:id)).to contain_exactly(7, 8)
  end

  it "is refused where Redis would forget it before the watchdog says that it is there" do
    expect { fan_out.start([1], job: CopyJob, expires_in: 479) }
      .to raise_error(ArgumentError, "expires_in must be at least 4 times lease (480.0 seconds), got 479")
    expect { fan_out.start([1], job: CopyJob, lease: 200_000) }.to raise_error(ArgumentError, /got 604800/)
    expect(fan_out.start([1], job: CopyJob, lease: 119, expires_in: 479).size).to eq(1)
  end

  it "is none where the version before has begun it" do
    found = staged
    make_older(found)
    perform_tasks(found)
    perform_callback(queue.first)
    expect(target.refresh.pluck(:id)).to contain_exactly(1, 2)
    follow(queue.first) { nil }
    expect(found).to be_over
  end
end
