# frozen_string_literal: true

RSpec.describe "Maintenance jobs", :sidekiq do
  before do
    require "deltalake/sidekiq"
    DeltaLake.configure { |c| c.checkpoints = :manual }
  end

  after { DeltaLake.configure { |c| c.checkpoints = :background } }

  let(:table) do
    create_table(properties: { "delta.logRetentionDuration" => "interval 0 days" })
      .tap { |table| 5.times { |i| table.append([{ id: i }]) } }
  end

  def run(job, options = {})
    DeltaLake::Sidekiq.const_get(job).new.perform(table.uri, options)
  end

  def age
    before = Time.now - (3 * 86_400)
    Dir[File.join(table.uri, "_delta_log/*.*")].each { |file| File.utime(before, before, file) }
  end

  it "CheckpointJob writes one, and none where there is one" do
    expect(run(:CheckpointJob)).to have_attributes(version: 5, skipped?: false)
    expect(run(:CheckpointJob, "deadline" => 60)).to be_skipped
  end

  it "CleanLogJob deletes what has expired" do
    run(:CheckpointJob)
    age
    expect(run(:CleanLogJob)).to be_positive
    expect(run(:CleanLogJob)).to eq(0)
    expect(DeltaLake.open(table.uri).count).to eq(5)
  end

  it "MaintenanceJob does both" do
    run(:CheckpointJob)
    age
    table.append([{ id: 5 }])
    expect(run(:MaintenanceJob)).to be_positive
    expect(DeltaLake.open(table.uri).checkpoint).to be_skipped
    expect(versions_on_disk.first).to be >= 5
  end

  describe "CleanLogJob whose time is over in the middle" do
    # The call of that number is cut off where the time is over.
    def cut_off(call)
      allow(DeltaLake).to receive(:open).and_return(table)
      calls = 0
      allow(table).to receive(:clean_log).and_wrap_original do |clean, deadline:, **|
        next clean.call(limit: 1, deadline:) unless (calls += 1) == call

        sleep(deadline)
        raise DeltaLake::DeadlineExceededError, "the deadline passed"
      end
    end

    before do
      run(:CheckpointJob)
      age
    end

    it "leaves the rest to the next one" do
      cut_off(3)
      expect(run(:CleanLogJob, "deadline" => 2)).to eq(2)
      expect(run(:CleanLogJob)).to be_positive
    end

    it "raises where it has come to nothing, or for another reason" do
      cut_off(1)
      expect { run(:CleanLogJob, "deadline" => 0.5) }.to raise_error(DeltaLake::DeadlineExceededError)
      allow(table).to receive(:clean_log).and_raise(DeltaLake::DeadlineExceededError, "of its own")
      expect { run(:CleanLogJob) }.to raise_error(DeltaLake::DeadlineExceededError, "of its own")
    end
  end

  it "take the name of a storage profile, and keep to their time" do
    expect { run(:CheckpointJob, "storage" => "missing") }.to raise_error(DeltaLake::ConfigurationError, /missing/)
    expect { run(:MaintenanceJob, "deadline" => 1e-9) }.to raise_error(DeltaLake::DeadlineExceededError)
    expect { run(:CheckpointJob, "deadlin" => 1) }.to raise_error(ArgumentError, /deadlin/)
  end
end
