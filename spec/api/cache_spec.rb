# frozen_string_literal: true

require "fileutils"

RSpec.describe "Opening a table again" do
  after { DeltaLake.configure { |c| c.cache_bytes = 64 << 20 } }

  it "gives the newest version, whoever wrote it" do
    create_table.append(orders(1..3))
    expect(DeltaLake.open(table_path)).to have_attributes(version: 1, count: 3)
    pid = fork { exit!(DeltaLake.open(table_path).append(orders(4..5)).version == 2 ? 0 : 1) }
    expect(Process.wait2(pid).last).to be_success
    expect(DeltaLake.open(table_path)).to have_attributes(version: 2, count: 5)
  end

  it "notices a table that was made anew in the same place" do
    10.times do |round|
      table = create_table
      table.append(orders(1..(round + 1)))
      expect(DeltaLake.open(table_path)).to have_attributes(id: table.id, version: 1, count: round + 1)
      FileUtils.rm_rf(table_path)
      expect { DeltaLake.open(table_path) }.to raise_error(DeltaLake::TableNotFoundError) if round.odd?
    end
  end

  it "reads the log again where nothing may be kept" do
    create_table.append(orders(1..3))
    DeltaLake.open(table_path)
    DeltaLake.configure { |c| c.cache_bytes = 0 }
    File.write(commit_file(0), "nonsense")
    expect { DeltaLake.open(table_path) }.to raise_error(DeltaLake::CorruptTableError)
  end

  it "costs no look at older commits" do
    create_table.append(orders(1..3))
    DeltaLake.open(table_path)
    File.write(commit_file(0), "nonsense")
    expect(DeltaLake.open(table_path).version).to eq(1)
  end

  it "checks what it is told" do
    expect { DeltaLake.configure { |c| c.cache_bytes = -1 } }.to raise_error(ArgumentError, /cache_bytes.*at least 0/)
    expect { DeltaLake.configure { |c| c.cache_bytes = "1" } }.to raise_error(TypeError, /cache_bytes.*String/)
    expect { DeltaLake.configure { |c| c.bytes_in_flight = 0 } }.to raise_error(ArgumentError, /at least 1/)
  end

  it "reads with as little in flight as it may have" do
    create_table.append(orders(1..1000))
    DeltaLake.configure { |c| c.bytes_in_flight = 1 }
    expect(DeltaLake.open(table_path).map { |row| row[:id] }.sort).to eq((1..1000).to_a)
  ensure
    DeltaLake.configure { |c| c.bytes_in_flight = 256 << 20 }
  end
end
