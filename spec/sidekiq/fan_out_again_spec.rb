# frozen_string_literal: true

RSpec.describe "A fan-out that is begun again", :fan_out, :native, :sidekiq do
  before do
    require "deltalake/sidekiq"
    stub_const("CopyJob", job_class(DeltaLake::Sidekiq::TaskJob) do |task, uri|
      DeltaLake.open(uri).append(task.respond_to?(:each_batch) ? task : [{ id: task }], once: :job)
    end)
    stub_const("DoneJob", job_class)
  end

  let(:fan_out) { DeltaLake::Sidekiq::FanOut }
  let(:target) { create_table({ id: :long }, path: table_path("target")) }
  let(:source) do
    create_table({ id: :long }, path: table_path("source")).tap { |table| [1, 2].each { |id| table.append([{ id: }]) } }
  end

  def start(work = DeltaLake.open(source.uri).scan, **options)
    fan_out.start(work, job: CopyJob, args: [target.uri], target_bytes: 1, id: "copy", **options)
  end

  def perform_all
    queue.each { |job| perform(job) if job.klass == "CopyJob" }
  end

  def ids
    target.refresh.pluck(:id).sort
  end

  # The keys of fan-out `copy` that the target has.
  def keys
    target.refresh.transactions.keys.map { |key| key.delete_prefix("once:fan-out-copy-") }
  end

  it "is the one that is over, for longer than Sidekiq retries the job that begins it" do
    start(lease: 1, expires_in: 10)
    perform_all
    source.append([{ id: 3 }])
    seconds = redis("TTL", "deltalake:fan-out:copy")
    expect(seconds).to be_between(30 * 86_400, 31 * 86_400)
    expect(start).to be_over
    expect(redis("TTL", "deltalake:fan-out:copy")).to be >= seconds - 5
    perform_all
    expect(ids).to eq([1, 2])
  end

  it "stays for as long as was asked for where that is longer" do
    expect(start([], expires_in: 90 * 86_400)).to be_over
    expect(redis("TTL", "deltalake:fan-out:copy")).to be > 89 * 86_400
  end

  it "adds the rows of each file once where Redis has forgotten how far it was, and the table has gone on" do
    start
    perform_all
    source.append([{ id: 3 }])
    redis("FLUSHALL")
    start
    perform_all
    expect(ids).to eq([1, 2, 3])
  end

  it "does tasks that are alike one by one" do
    2.times do
      start([7, 7, 8])
      perform_all
      redis("FLUSHALL")
    end
    expect(ids).to eq([7, 7, 8])
    expect(keys.uniq.size).to eq(3)
  end

  it "keeps the keys of the version before where that has begun it" do
    found = start([7, 8], on_complete: DoneJob)
    redis("HDEL", "deltalake:fan-out:copy", "form", "finished")
    perform_all
    expect(keys).to contain_exactly("0/1", "1/1")
    expect(found.left).to eq(0)
  end
end
