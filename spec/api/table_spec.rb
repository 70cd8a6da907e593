# frozen_string_literal: true

RSpec.describe DeltaLake::Table do
  let(:table) { create_table(partition_by: [:country]) }

  it "moves forward only" do
    other = DeltaLake.open(table.uri)
    expect(table.append(orders(1..2)).version).to eq(1)
    expect(table.version).to eq(1)
    expect(other.version).to eq(0)
    expect(other.refresh).to be(other)
    expect(other).to have_attributes(version: 1, count: 2)
    expect(other.refresh.version).to eq(1)
  end

  it "gives a snapshot that stays" do
    table.append(orders(1..2))
    before = table.snapshot
    table.append(orders(3..3))
    expect(before).to be_a(DeltaLake::Snapshot).and(be_frozen)
    expect(before).to have_attributes(version: 1, count: 2)
    expect(table.snapshot).to have_attributes(version: 2, count: 3)
  end

  it "goes back in time" do
    3.times { |i| table.append(orders(i..i)) }
    expect(table.at(version: 1)).to be_a(DeltaLake::Snapshot)
    expect(table.at(version: 1).pluck(:id)).to eq([0])
    expect(table.at(version: 0).to_a).to eq([])
    4.times { |version| File.utime(Time.at(1000 + version), Time.at(1000 + version), commit_file(version)) }
    expect(table.at(Time.at(1002.5)).version).to eq(2)
    expect(table.at(Time.at(99_999)).version).to eq(3)
    expect(table.version).to eq(3)
    expect { table.at(version: 4) }.to raise_error(DeltaLake::TableNotFoundError, /4/)
    expect { table.at(Time.at(1)) }.to raise_error(DeltaLake::TableNotFoundError)
    expect { table.at }.to raise_error(ArgumentError, /Time or a version/)
    expect { table.at(Time.now, version: 1) }.to raise_error(ArgumentError, /exclude/)
  end

  it "tells its protocol" do
    protocol = table.protocol
    expect(protocol).to be_a(DeltaLake::Protocol).and(be_frozen)
    expect(protocol).to have_attributes(min_reader_version: 1, min_writer_version: 2, reader_features: [],
                                        writer_features: [])
    expect(protocol).to eq(DeltaLake.open(table.uri).protocol)
  end

  it "tells its history, newest first" do
    table.append(orders(1..3), metadata: { job: "import", run: 7 })
    table.append(orders(4..4))
    history = table.history
    expect(history.map(&:version)).to eq([2, 1, 0])
    expect(history).to all(be_a(DeltaLake::CommitInfo).and(be_frozen))
    expect(history[1]).to have_attributes(
      operation: "WRITE", read_version: 0, blind_append?: true, user_metadata: { "job" => "import", "run" => 7 },
      engine_info: /deltalake/, txn_id: /\h{8}-/, timestamp: be_within(60).of(Time.now).and(be_utc)
    )
    expect(history[1].metrics).to include("numOutputRows" => 3)
    expect(history[1].raw).to include("operation" => "WRITE")
    expect(history[0].user_metadata).to be_nil
    expect(history[2].operation).to match(/CREATE/)
    expect(table.history(limit: 1).map(&:version)).to eq([2])
    expect(table.history(limit: 0)).to eq([])
    expect(table.at(version: 1).history.map(&:version)).to eq([1, 0])
    expect { table.history(limit: -1) }.to raise_error(ArgumentError, /limit/)
  end

  it "tells the times that at and changes go by, of files that were copied too" do
    path = table_path("followed")
    table = create_table(path:, properties: { "delta.enableChangeDataFeed" => true })
    5.times { |n| table.append(orders([n])) }
    [nil, Time.at(1_000)].each do |copied|
      FileUtils.touch(Dir.glob("#{path}/_delta_log/*.json"), mtime: copied) if copied
      table.history.each do |commit|
        expect(table.at(commit.timestamp).version).to eq(commit.version)
        expect(table.changes(from: commit.timestamp).map { |row| row[:_commit_version] }.min || 0)
          .to eq([commit.version, 1].max)
      end
    end
    row = table.changes(from: 3, to: 3).first
    expect(table.history.find { |commit| commit.version == 3 }.timestamp).to eq(row[:_commit_timestamp])
  end

  it "lists its files, lazily" do
    table.append(orders(0..5))
    files = table.files
    expect(files).to be_a(Enumerator::Lazy)
    expect(files.map(&:path).to_a.sort).to eq(files_on_disk)
    file = files.find { |f| f.partition == { country: "DE" } }
    expect(file).to be_a(DeltaLake::DataFile).and(be_frozen)
    expect(file).to have_attributes(rows: 2, size: File.size(File.join(table.uri, file.path)),
                                    modified_at: be_within(60).of(Time.now))
    expect(file.stats).to include("numRecords" => 2, "minValues" => include("id" => 0),
                                  "maxValues" => include("id" => 3))
    expect(table.files(where: { country: "FR" }).map(&:partition).to_a).to eq([{ country: "FR" }])
    expect(table.files(where: { id: 100.. }).to_a).to eq([])
    expect(table.files.first(1).size).to eq(1)
  end

  it "has a null partition value" do
    table.append([{ id: 1 }])
    expect(table.files.first.partition).to eq({ country: nil })
    expect(table.where(country: nil).pluck(:id)).to eq([1])
  end

  it "shows itself shortly, without secrets" do
    expect(table.inspect).to eq("#<DeltaLake::Table #{table_path} version=0>")
    expect(table.snapshot.inspect).to eq("#<DeltaLake::Snapshot #{table_path} version=0>")
    table.append(orders(1..1))
    expect(table.history.first.inspect).to match(/\A#<DeltaLake::CommitInfo version=1 .*operation="WRITE"/)
    expect(table.files.first.inspect).to match(/\A#<DeltaLake::DataFile path=/)
    shown = DeltaLake::Address.method(:shown)
    expect(shown.call("s3://key:secret@bucket/t")).to eq("s3://bucket/t")
    expect(shown.call("https://x.blob/t?sig=secret")).to eq("https://x.blob/t")
    expect(shown.call("/data/what?/a@b")).to eq("/data/what?/a@b")
  end

  it "is Enumerable" do
    table.append(orders(0..5))
    expect(table.map { |row| row[:id] }.sum).to eq(15)
    expect(table.select { |row| row[:id] > 3 }.map { |row| row[:id] }).to contain_exactly(4, 5)
    expect(table.lazy.map { |row| row[:id] }.reject(&:even?).first(1).size).to eq(1)
    expect(table.each(&:itself)).to be(table)
    expect(table.snapshot.min_by { |row| row[:id] }[:id]).to eq(0)
    expect(table.each_slice(4).map(&:size)).to eq([4, 2])
  end
end
