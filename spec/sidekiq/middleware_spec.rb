# frozen_string_literal: true

RSpec.describe "DeltaLake::Sidekiq::Middleware", :sidekiq do
  before { require "deltalake/sidekiq" }

  let(:plain) { Class.new }

  def id_of(job, worker = plain.new)
    DeltaLake::Sidekiq::Middleware.new.call(worker, job, "default") { yield if block_given? }
  end

  it "sets the job that Sidekiq runs" do
    expect(id_of({ "jid" => "abc", "args" => [] }) { DeltaLake::CurrentJob.id }).to eq("abc")
    expect(DeltaLake::CurrentJob.id).to be_nil
  end

  it "goes by the id of ActiveJob, which stays when a job is retried" do
    job = { "jid" => "abc", "wrapped" => "String", "args" => [{ "job_id" => "of-active-job" }] }
    expect(id_of(job) { DeltaLake::CurrentJob.id }).to eq("of-active-job")
  end

  it "knows jobs that go on in their middle" do
    iterable = Module.new { def self.to_s = "Sidekiq::Job::Iterable" }
    worker = Class.new { include iterable }.new
    table = create_table
    expect { id_of({ "jid" => "abc" }, worker) { table.append([{ id: 1 }], once: :job) } }
      .to raise_error(ArgumentError, /name each/)
  end
end
