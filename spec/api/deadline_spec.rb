# frozen_string_literal: true

# Every call takes `deadline:` in seconds. The table is of so many commits that no call ends in a millisecond.
RSpec.describe "deadlines" do
  soon = 1e-6
  folder = nil

  before(:context) do
    folder = Dir.mktmpdir("deltalake-deadline-")
    table = DeltaLake.create(folder, schema: { id: :long }, properties: { "delta.checkpointInterval" => 1_000 })
    200.times { |i| table.append(Array.new(100) { |j| { id: (i * 100) + j } }) }
  end

  # Opening is to be work.
  before(:context) { DeltaLake.configure { |c| c.cache_bytes = 0 } }

  after(:context) do
    DeltaLake.configure { |c| c.cache_bytes = 64 << 20 }
    FileUtils.remove_entry(folder)
  end

  let(:table) { DeltaLake.open(folder) }
  let(:behind) { DeltaLake.open(folder, version: 1) }
  # A checkpoint would make less work of the others.
  let(:copy) { table_path.tap { |path| FileUtils.cp_r(folder, path) } }
  let(:scan) { table.where(id: 1..) }

  {
    "open" => ->(deadline) { DeltaLake.open(folder, deadline: deadline) },
    "at" => ->(deadline) { table.at(version: 150, deadline: deadline) },
    "refresh" => ->(deadline) { behind.snapshot.native.refresh(deadline) },
    "history" => ->(deadline) { table.history(deadline: deadline) },
    "each" => ->(deadline) { scan.each(deadline: deadline, &:itself) },
    "each_batch" => ->(deadline) { scan.each_batch(deadline: deadline, &:itself) },
    "to_a" => ->(deadline) { scan.to_a(deadline: deadline) },
    "first" => ->(deadline) { scan.first(20_000, deadline: deadline) },
    "pluck" => ->(deadline) { scan.pluck(:id, deadline: deadline) },
    "to_columns" => ->(deadline) { scan.to_columns(deadline: deadline) },
    "count" => ->(deadline) { scan.count(deadline: deadline) },
    "explain" => ->(deadline) { scan.explain(deadline: deadline) },
    "files" => ->(deadline) { scan.files(deadline: deadline).to_a },
    "alter" => lambda do |deadline|
      DeltaLake.open(copy).alter(deadline: deadline) { |a| a.add_constraint "c#{deadline}", "id >= 0" }
    end,
    "checkpoint" => ->(deadline) { DeltaLake.open(copy, version: 1).checkpoint(deadline: deadline) },
    "clean_log" => ->(deadline) { DeltaLake.open(copy, version: 1).clean_log(deadline: deadline) }
  }.each do |name, call|
    it "#{name} ends at its deadline, and not before" do
      instance_exec(60, &call)
      expect { instance_exec(soon, &call) }
        .to raise_error(DeltaLake::DeadlineExceededError) { |error| expect(error).to be_retryable }
    end
  end
end
