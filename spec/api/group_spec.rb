# frozen_string_literal: true

RSpec.describe "appends that share commits" do
  let!(:table) { create_table && DeltaLake.open(table_path, group_commits: true) }

  it "land all, in fewer commits, each with its own result" do
    commits = Array.new(48) { |i| Thread.new { table.append(orders(i..i)) } }.map(&:value)
    expect(commits).to all(have_attributes(rows: 1, files: 1, skipped?: false))
    newest = DeltaLake.open(table_path)
    expect(newest.pluck(:id)).to match_array(0..47)
    expect(newest.version).to be < 48
    expect(commits.map(&:version).max).to eq(newest.version)
  end

  it "keep each its own key and its own error" do
    table.append(orders(0..0), once: "done")
    results = Array.new(16) do |i|
      Thread.new do
        case i % 4
        when 0 then table.append(orders(i..i), once: "done").skipped?
        when 1 then table.append(orders(i..i), once: "same").skipped?
        when 2 then table.append([{ id: nil }])
        else table.append(orders(i..i), group: true, metadata: { "i" => i }).version
        end
      rescue DeltaLake::Error => e
        e.class
      end
    end.map(&:value)
    kinds = results.each_with_index.group_by { |_, i| i % 4 }.transform_values { |all| all.map(&:first) }
    expect(kinds[0]).to all(be(true))
    expect(kinds[1].count(false)).to eq(1)
    expect(kinds[2].uniq).to eq([DeltaLake::SchemaMismatchError])
    expect(kinds[3]).to all(be_an(Integer))
    expect(DeltaLake.open(table_path).count).to eq(1 + 1 + 4)
    words = DeltaLake.open(table_path).history.filter_map(&:user_metadata)
    expect(words).to match_array([3, 7, 11, 15].map { |i| { "i" => i } })
    expect(strays).to eq([])
  end

  it "end for one thread without the others" do
    threads = Array.new(12) { |i| Thread.new { table.append(orders(i..i)) } }
    threads.values_at(3, 7).each(&:kill)
    expect(threads.map { |thread| thread.join(20) }).to all(be_a(Thread))
    expect(DeltaLake.open(table_path).pluck(:id)).to include(*([*0..11] - [3, 7]))
  end

  it "work in a forked child, whatever its parent was doing" do
    skip "no fork here" unless Process.respond_to?(:fork)
    busy = Thread.new { 20.times { |i| table.append(orders(i..i)) } }
    children = Array.new(3) do |child|
      Process.fork do
        3.times { |i| table.append(orders((100 + (child * 10) + i)..(100 + (child * 10) + i))) }
        exit!(0)
      rescue StandardError
        exit!(1)
      end
    end
    statuses = children.map { |pid| Process.wait2(pid).last }
    busy.join
    expect(statuses).to all(be_success)
    expect(DeltaLake.open(table_path).count).to eq(29)
  end
end
