# frozen_string_literal: true

RSpec.describe "what a call asks of the store" do
  let(:table) { create_table }

  def none = { get: 0, put: 0, list: 0, head: 0, delete: 0, other: 0 }

  it "comes with every commit" do
    commit = table.append(orders(1..5))
    # On a disk it is looked whether the table is still there.
    expect(commit.metrics).to include(requests: none.merge(put: 2, head: 1), bytes_received: 0, retries: 0)
    log = File.size(File.join(table_path, "_delta_log", format("%020d.json", 1)))
    expect(commit.metrics[:bytes_sent]).to eq(commit.bytes + log)
    expect(commit.metrics[:requests]).to be_frozen
  end

  it "comes with what is staged, altered, skipped and empty too" do
    staged = table.stage(orders(1..2))
    expect(table.commit([staged]).metrics).to include(requests: a_hash_including(put: 1))
    expect(table.alter { |a| a.add_column :note, :string }.metrics).to include(requests: a_hash_including(put: 1))
    table.append(orders(1..2), once: "a")
    expect(table.append(orders(1..2), once: "a").metrics).to include(requests: a_hash_including(put: 0), retries: 0)
    expect(table.append([]).metrics).to include(requests: none, bytes_sent: 0)
  end

  it "counts a shared commit for each append that is in it" do
    commits = Array.new(8) { |n| Thread.new { table.append(orders(n..n), group: true) } }.map(&:value)
    expect(commits.map { |commit| commit.metrics[:requests][:put] }).to all(be >= 2)
  end

  it "comes with explain: for planning, and with analyze for reading" do
    3.times { |n| table.append(orders(n..n)) }
    plan = table.explain
    expect(plan[:requests]).to eq(none.merge(get: 4))
    expect(plan).not_to include(:rows, :seconds)
    read = table.explain(analyze: true)
    expect(read).to include(files_to_read: 3, rows: 3, seconds: be > 0, retries: 0)
    expect(read[:requests][:get]).to be >= 3
    expect(read[:bytes_received]).to be >= plan[:bytes_received] + read[:bytes_to_read]
    expect(table.where(id: 1).explain(analyze: true)).to include(rows: 1, files_to_read: 1)
  end

  it "ends with the deadline" do
    expect { table.explain(analyze: true, deadline: 1e-9) }.to raise_error(DeltaLake::DeadlineExceededError)
  end
end
