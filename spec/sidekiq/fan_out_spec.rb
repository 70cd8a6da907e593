# frozen_string_literal: true

RSpec.describe "DeltaLake::Sidekiq::FanOut", :fan_out, :native, :sidekiq do
  before do
    require "deltalake/sidekiq"
    tasks = ran
    stub_const("CopyJob", job_class(DeltaLake::Sidekiq::TaskJob) { |task, *args| tasks << [task, *args] })
    stub_const("DoneJob", job_class)
    stub_const("BeginJob", job_class)
  end

  let(:ran) { [] }
  let(:fan_out) { DeltaLake::Sidekiq::FanOut }
  let(:watchdog) { DeltaLake::Sidekiq::FanOut::WatchdogJob }
  let(:source) { table_with_files(200) }
  let(:target) { create_table({ id: :long }, path: table_path("target")) }

  def table_with_files(count)
    create_table({ id: :long }, path: table_path("source")).tap do |table|
      count.times { |i| table.append([{ id: i * 2 }, { id: (i * 2) + 1 }]) }
    end
  end

  # Begins one of three parts in another process, which the block may end before it pushes a part.
  def begin_in_fork
    pid = fork do
      calls = 0
      allow(DeltaLake::Sidekiq::FanOut::Tasks).to receive(:push).and_wrap_original do |push, *given|
        yield calls += 1
        push.call(*given)
      end
      fan_out.start([*1..1_200], job: CopyJob, id: "killed", lease: 0.2)
      exit!(0)
    end
    Process.wait(pid)
  end

  def run_over(found, fleet, kill_at:)
    wait_until("all tasks are finished", progress: -> { [found.left, redis("LLEN", "completed")] }) do
      if kill_at && !found.over? && found.left <= kill_at
        fleet[1].stop(:KILL)
        fleet[1] = start_sidekiq("fan_out", {})
        kill_at = nil
      end
      retry_failed
      found.over?
    end
    expect(kill_at).to be_nil
  end

  def completed
    redis("LRANGE", "completed", 0, -1).map { |text| JSON.parse(text) }
  end

  it "reads each row of 200 files once, over three processes of which one is killed in the middle" do
    found = fan_out.start(source.scan, job: CopyJob, on_complete: DoneJob, args: [target.uri], target_bytes: 1,
                                       lease: 1)
    source.append([{ id: -1 }])
    expect(found).to have_attributes(size: 200, left: 200, over?: false)
    run_over(found, Array.new(3) { start_sidekiq("fan_out", {}) }, kill_at: 120)
    expect(DeltaLake.open(target.uri).pluck(:id)).to match_array(0...400)
    expect(completed.uniq.map { |id, args, _| [id, args] }).to eq([[found.id, [target.uri]]])
    expect(redis("SCARD", "failed")).to be > 5
    expect(DeltaLake::Sidekiq::FanOut::State.all).to eq([])
  end

  it "is begun once by a job that is retried, beside another one of the same job" do
    source = table_with_files(30)
    Sidekiq::Client.push("class" => BeginJob, "args" => [source.uri, target.uri], "jid" => "begin")
    2.times { start_sidekiq("fan_out", {}) }
    ids = %w[begin-1 begin-2]
    wait_until("both are begun") { retry_failed || ids.all? { |id| fan_out.find(id) } }
    ids.each { |id| run_over(fan_out.find(id), [], kill_at: nil) }
    wait_until("the job that began them was run again") { Sidekiq::Stats.new.retry_size.zero? && queue.size.zero? }
    expect(DeltaLake.open(target.uri).pluck(:id).tally).to eq((0...60).to_h { |id| [id, 2] })
  end

  describe "where jobs are lost" do
    let!(:found) do
      fan_out.start([1, "two", { "three" => 3 }], job: CopyJob, on_complete: DoneJob, args: [9], lease: 0.2)
    end

    def later
      sleep(0.25)
    end

    it "leaves alone those that wait in their queue" do
      later
      watch(found)
      expect(queue.size).to eq(3)
    end

    it "pushes again those that are in no queue any more" do
      perform(queue.first)
      queue.clear
      later
      sleep(1)
      watch(found)
      expect(queue.map(&:args).map(&:last).size).to eq(2)
      queue.each { |job| perform(job) }
      expect(ran).to contain_exactly([1, 9], ["two", 9], [{ "three" => 3 }, 9])
    end

    it "leaves alone those that are at work, however long" do
      busy = Queue.new
      gate = Queue.new
      allow(ran).to receive(:<<) { busy << gate.pop }
      thread = Thread.new { perform(queue.first) }
      sleep(0.01) until queue.size == 2
      queue.clear
      3.times { later }
      sleep(0.5)
      watch(found)
      numbers = queue.map { |job| job.args.last.to_s }
      expect(numbers.size).to eq(2)
      gate << true
      thread.join
      expect(found.left).to eq(2)
    end

    it "pushes the job that follows once, and again with the same id where it is lost" do
      jobs = queue.to_a
      2.times { jobs.each { |job| perform(job) } }
      expect(ran.size).to eq(3)
      expect(queue.map { |job| [job.klass, job.args] }).to eq([["DoneJob", [found.id, 9]]])
      jid = queue.first.jid
      queue.clear
      later
      sleep(1)
      watch(found)
      expect(queue.map(&:jid)).to eq([jid])
      job = queue.first
      done = 0
      2.times { follow(job) { done += 1 } }
      expect(done).to eq(1)
      expect(found).to be_over
      expect(fan_out.start([1], job: CopyJob, id: found.id).left).to eq(0)
    end

    it "leaves alone what follows where that waits in a queue of its own" do
      DoneJob.sidekiq_options queue: :slow
      queue.each { |job| perform(job) }
      later
      sleep(1)
      watch(found)
      slow = Sidekiq::Queue.new("slow")
      expect([slow.size, queue.size]).to eq([1, 0])
      slow.clear
      later
      watch(found)
      expect([slow.size, queue.size]).to eq([1, 0])
    end

    it "finds out where it was cut off between the last task and the job that follows" do
      state(found).then { |state| state.unfinished.each { |number| state.finish(number, nil) } }
      queue.clear
      watch(found)
      expect(queue.map(&:klass)).to eq(["DoneJob"])
    end

    it "has one watchdog, and another when that is lost" do
      expect(Sidekiq::ScheduledSet.new.size).to eq(1)
      watchdog.ensure_all
      expect(Sidekiq::ScheduledSet.new.size).to eq(1)
      Sidekiq::ScheduledSet.new.clear
      sleep(0.7)
      watchdog.ensure_all
      expect(Sidekiq::ScheduledSet.new.size).to eq(1)
      watchdog.new.tap { |job| job.jid = "of before" }.perform(found.id)
      expect(Sidekiq::ScheduledSet.new.size).to eq(1)
    end
  end

  describe "whose tasks wait in a queue of their own" do
    before do
      stub_const("StageJob", job_class(DeltaLake::Sidekiq::StageJob) { |task, *| [{ id: task }] })
      StageJob.sidekiq_options queue: :imports
    end

    def start(**options)
      DeltaLake::Sidekiq::StagedWork.start([1], job: StageJob, into: target, lease: 0.2, on_complete: DoneJob,
                                                **options)
    end

    it "needs no other for what is the library's own" do
      found = start
      expect(Sidekiq::ScheduledSet.new.map(&:queue)).to eq(["imports"])
      perform(queue("imports").first)
      job = queue("imports").first
      expect(job.klass).to eq("DeltaLake::Sidekiq::CommitStagedJob")
      sleep(1.3)
      watch(found)
      expect(queue("imports").size).to eq(1)
      perform_callback(job)
      expect(queue.map(&:klass)).to eq(["DoneJob"])
    end

    it "has all in another where that is asked for" do
      start(queue: "other")
      expect(Sidekiq::ScheduledSet.new.map(&:queue)).to eq(["other"])
      2.times { queue("other").each { |job| perform_callback(job) if job.klass != "DoneJob" } }
      expect(queue("other").map(&:klass)).to eq(["DoneJob"])
    end
  end

  it "counts what fails, and gives up after many times" do
    allow(ran).to receive(:<<).and_raise("broken")
    found = fan_out.start([1], job: CopyJob, lease: 0.05)
    job = queue.first
    26.times { expect { perform(job) }.to raise_error("broken") }
    expect(found.failures).to eq("0" => 26)
    expect(found).to have_attributes(left: 1, over?: false)
    expect(redis("ZCARD", "deltalake:fan-out:#{found.id}:due")).to eq(0)
    redis("HDEL", "deltalake:fan-out:#{found.id}", "pushed")
    watch(found)
    expect(queue.size).to eq(0)
  end

  it "is over at once where there is nothing to do" do
    expect(fan_out.start([], job: CopyJob)).to be_over
    found = fan_out.start([], job: CopyJob, on_complete: DoneJob)
    expect(queue.map { |job| [job.klass, job.args] }).to eq([["DoneJob", [found.id]]])
  end

  it "takes thousands of tasks" do
    found = fan_out.start([*1..1_200], job: CopyJob)
    expect(found).to have_attributes(size: 1_200, left: 1_200)
    queue.each { |job| perform(job) }
    expect(ran.flatten).to match_array(1..1_200)
    expect(found).to be_over
  end

  it "pushes what its start has not, where that is killed between two parts and within one" do
    begin_in_fork { |calls| exit!(9) if calls == 2 }
    watchdog.ensure_all
    found = fan_out.find("killed")
    expect(queue.size).to eq(500)
    watch(found)
    expect(queue.size).to eq(700)
    queue.each { |job| perform(job) }
    sleep(1.3)
    watch(found)
    queue.each { |job| perform(job) }
    expect(ran.flatten).to match_array(1..1_200)
    expect(found).to be_over
  end

  it "pushes each task once where the watchdog comes in the middle of its start" do
    calls = 0
    tasks = DeltaLake::Sidekiq::FanOut::Tasks
    allow(tasks).to receive(:push).and_wrap_original do |push, *given|
      watch(fan_out.find("slow")) if (calls += 1) == 2
      push.call(*given)
    end
    fan_out.start([*1..1_200], job: CopyJob, id: "slow")
    expect(calls).to be > 4
    expect(queue.map { |job| job.args.last }).to match_array((0...1_200).map(&:to_s))
  end

  it "lasts as long as its tasks, also where its start is cut off" do
    allow(watchdog).to receive(:ensure_scheduled).and_raise("cut off")
    expect { fan_out.start([1, 2], job: CopyJob, id: "cut", expires_in: 9_000) }.to raise_error("cut off")
    keys = redis("KEYS", "deltalake:fan-out:cut*")
    expect(keys).to contain_exactly("deltalake:fan-out:cut", "deltalake:fan-out:cut:tasks")
    expect(keys.map { |key| redis("TTL", key) }).to all(be_between(8_000, 9_000))
  end

  it "is not begun without tasks that Redis has lost" do
    state = DeltaLake::Sidekiq::FanOut::State.new("lost")
    allow(state).to receive(:call).and_wrap_original do |call, *command|
      redis("DEL", *redis("KEYS", "*:draft:*")) if command.first == "EVAL"
      call.call(*command)
    end
    expect { state.create(["json:[1]"], { "expires_in" => 9 }) }.to raise_error(DeltaLake::Error, /begin it again/)
    expect(redis("KEYS", "*")).to eq([])
  end

  it "is followed by nothing where it expires under a task" do
    found = fan_out.start([1, 2], job: CopyJob, on_complete: DoneJob)
    allow(ran).to receive(:<<) { redis("DEL", *redis("KEYS", "deltalake:fan-out:#{found.id}*")) }
    expect { perform(queue.first) }.to raise_error(DeltaLake::Error, /Redis has lost all/)
    expect(queue.map(&:klass)).to eq(["CopyJob"])
    expect(redis("EXISTS", "deltalake:fan-out:#{found.id}")).to eq(0)
  end

  it "goes on where a process that starts takes it for expired while it is begun anew" do
    redis("SADD", "deltalake:fan-outs", "late")
    begun = nil
    allow(DeltaLake::Sidekiq::FanOut::State).to receive(:new).and_wrap_original do |new, id|
      new.call(id).tap do |state|
        allow(state).to receive(:about).and_wrap_original do |about|
          about.call.tap { begun ||= (begun = true) && fan_out.start([1], job: CopyJob, id:) }
        end
      end
    end
    watchdog.ensure_all
    expect(begun).to have_attributes(id: "late", left: 1, over?: false)
    expect(DeltaLake::Sidekiq::FanOut::State.all).to eq(["late"])
  end

  it "is forgotten without a trace when it has expired" do
    found = fan_out.start([1], job: CopyJob)
    redis("DEL", "deltalake:fan-out:#{found.id}")
    watchdog.ensure_all
    expect(DeltaLake::Sidekiq::FanOut::State.all).to eq([])
    expect(redis("KEYS", "deltalake:fan-out*")).to eq([])
  end

  it "can be cancelled" do
    found = fan_out.start([1, 2], job: CopyJob, on_complete: DoneJob)
    jobs = queue.to_a
    found.cancel
    jobs.each { |job| perform(job) }
    expect(ran).to eq([])
    expect(queue.map(&:klass)).not_to include("DoneJob")
  end

  it "can be cancelled while what follows waits, which then does nothing" do
    found = fan_out.start([], job: CopyJob, on_complete: DoneJob)
    found.cancel
    expect { |work| follow(queue.first, &work) }.not_to yield_control
    expect(queue.size).to eq(1)
  end

  it "runs what follows again where that has failed, and is over after it" do
    found = fan_out.start([], job: CopyJob, on_complete: DoneJob)
    expect { follow(queue.first) { raise "broken" } }.to raise_error("broken")
    expect(found).to have_attributes(over?: false, failures: { "done:0" => 1 })
    expect { |work| follow(queue.first, &work) }.to yield_control.once
    expect(found).to be_over
  end

  describe "where what follows has failed so often that it is dead" do
    let(:found) { fan_out.start([], job: CopyJob, on_complete: DoneJob, lease: 0.05) }
    let!(:job) { state(found) && queue.first.tap(&:delete) }

    def fail_often
      26.times { expect { follow(job) { raise "broken" } }.to raise_error("broken") }
    end

    it "pushes it no more" do
      fail_often
      sleep(0.1)
      3.times { watch(found) }
      fan_out.start([], job: CopyJob, id: found.id)
      expect(queue.size).to eq(0)
    end

    it "is over when that was retried by hand" do
      fail_often
      follow(job) { nil }
      expect(found).to be_over
    end

    it "pushes it again where it is lost while it was retried by hand" do
      fail_often
      state(found).begin("done:0")
      sleep(0.1)
      watch(found)
      expect(queue.map(&:jid)).to eq([job.jid])
    end
  end

  it "raises where Redis has forgotten what was to be done" do
    found = fan_out.start([1], job: CopyJob)
    redis("FLUSHALL")
    expect { CopyJob.new.perform(found.id, "0") }.to raise_error(ArgumentError, /forgotten/)
    expect(fan_out.find(found.id)).to be_nil
    expect { found.size }.to raise_error(ArgumentError, /not known/)
  end

  it "leaves nothing in Redis that does not expire, and no secret" do
    DeltaLake.configure { |c| c.storage_profiles = { store: { secret_access_key: "hush" } } }
    found = fan_out.start(table_with_files(2).scan, job: CopyJob, storage: :store, target_bytes: 1, lease: 20,
                                                    expires_in: 100)
    keys = redis("KEYS", "deltalake:fan-out:#{found.id}*")
    expect(keys.map { |key| redis("TTL", key) }).to all(be_between(1, 100))
    expect(redis("HVALS", "deltalake:fan-out:#{found.id}:tasks").join + queue.map(&:value).join).not_to include("hush")
    DeltaLake.configure { |c| c.storage_profiles = { store: {} } }
    queue.each { |job| perform(job) }
    expect(ran.map { |task, *| task.to_a.size }).to eq([2, 2])
  ensure
    DeltaLake.configure { |c| c.storage_profiles = {} }
  end

  it "takes classes with a name, and work that has tasks" do
    expect { fan_out.start([1], job: Class.new) }.to raise_error(ArgumentError, /with a name/)
    expect { fan_out.start(5, job: CopyJob) }.to raise_error(TypeError)
    expect(fan_out.name).to eq("DeltaLake::Sidekiq::FanOut")
    [{ lease: nil }, { lease: 0 }, { expires_in: -1 }, { expires_in: "soon" }].each do |option|
      expect { fan_out.start([1], job: CopyJob, **option) }.to raise_error(ArgumentError, /more than 0 seconds/)
    end
    expect(Sidekiq.redis { |redis| redis.call("KEYS", "*") }).to eq([])
  end

  it "takes the jobs that can do its tasks, and follow" do
    stub_const("StageJob", job_class(DeltaLake::Sidekiq::StageJob))
    stub_const("PlainJob", Class.new { include DeltaLake::Sidekiq::TaskJob })
    stub_const("ActiveJobJob", Class.new { include Sidekiq::Worker::Options })
    staged_work = DeltaLake::Sidekiq::StagedWork
    [DoneJob, StageJob].each do |job|
      expect { fan_out.start([1], job:) }.to raise_error(ArgumentError, /#{job} does no tasks of .*include .*TaskJob/)
    end
    expect { staged_work.start([1], job: CopyJob, into: target) }.to raise_error(ArgumentError, /StageJob for/)
    expect { fan_out.start([1], job: PlainJob) }.to raise_error(ArgumentError, /PlainJob is no job of Sidekiq's/)
    [[fan_out, { job: CopyJob }], [staged_work, { job: StageJob, into: target }]].each do |kind, options|
      expect { kind.start([1], on_complete: ActiveJobJob, **options) }
        .to raise_error(ArgumentError, /ActiveJobJob is no job of Sidekiq's: include Sidekiq::Job; a job of ActiveJob/)
    end
    expect(redis("KEYS", "*")).to eq([])
  end

  describe "StagedWork" do
    let(:staged_work) { DeltaLake::Sidekiq::StagedWork }

    before { stub_const("StageJob", job_class(DeltaLake::Sidekiq::StageJob) { |task, *| task }) }

    it "makes all rows visible in one commit, over three processes of which one is killed" do
      found = staged_work.start(source.scan, job: StageJob, into: target, target_bytes: 1, lease: 1,
                                             on_complete: DoneJob)
      run_over(found, Array.new(3) { start_sidekiq("fan_out", {}) }, kill_at: 120)
      expect(DeltaLake.open(target.uri)).to have_attributes(version: 1)
      expect(DeltaLake.open(target.uri).pluck(:id)).to match_array(0...400)
      expect(completed.uniq.map(&:first)).to eq([found.id])
    end

    it "commits the rows of a task once, however often that is done" do
      stub_const("StageJob", job_class(DeltaLake::Sidekiq::StageJob) { |task, *| ([{ id: task }] if task.positive?) })
      found = staged_work.start([1, 2, 0], job: StageJob, into: target)
      state = DeltaLake::Sidekiq::FanOut::State.new(found.id)
      again = target.stage([{ id: 1 }]).to_json
      queue.each { |job| perform(job) }
      state.finish("0", again)
      job = queue.first
      2.times { perform(job) }
      expect(target.refresh).to have_attributes(version: 1)
      expect(target.pluck(:id)).to contain_exactly(1, 2)
    end

    it "takes the name of a table, which a job goes by where it runs" do
      DeltaLake.configure { |c| c.tables = { clean: "s3://elsewhere/clean" } }
      stub_const("StageJob", job_class(DeltaLake::Sidekiq::StageJob) { |task, *| [{ id: task }] })
      staged_work.start([1], job: StageJob, into: :clean)
      DeltaLake.configure { |c| c.tables = { clean: target.uri } }
      2.times { queue.each { |job| perform(job) } }
      expect(target.refresh.pluck(:id)).to eq([1])
      expect { staged_work.start([1], job: StageJob, into: :none) }.to raise_error(DeltaLake::ConfigurationError)
      expect { staged_work.start([1], job: StageJob, into: "s3://KEY:hush@b/t") }
        .to raise_error(DeltaLake::ConfigurationError, /no user/)
    ensure
      DeltaLake.configure { |c| c.tables = {} }
    end

    it "commits nothing where there are no rows" do
      stub_const("StageJob", job_class(DeltaLake::Sidekiq::StageJob) { |*| nil })
      staged_work.start([1], job: StageJob, into: target.uri)
      2.times { queue.each { |job| perform(job) } }
      expect(target.refresh.version).to eq(0)
    end
  end
end
