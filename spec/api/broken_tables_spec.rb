# frozen_string_literal: true

RSpec.describe "tables that are not as they should be" do
  before { create_table.tap { |table| 3.times { |i| table.append(orders(i..i)) } } }

  let(:path) { table_path }

  it "a missing table" do
    missing = table_path("missing")
    expect { DeltaLake.open(missing) }.to raise_error(DeltaLake::TableNotFoundError) { |error|
      expect(error.message).to include(missing)
      expect(error.table).to eq(missing)
    }
    expect(File.exist?(missing)).to be(false)
  end

  it "a folder that is no table" do
    folder = table_path("folder").tap { |name| FileUtils.mkdir_p(name) }
    File.write(File.join(folder, "x.parquet"), "")
    expect { DeltaLake.open(folder) }.to raise_error(DeltaLake::TableNotFoundError, /#{Regexp.escape(folder)}/)
    FileUtils.mkdir_p(File.join(folder, "_delta_log"))
    expect { DeltaLake.open(folder) }.to raise_error(DeltaLake::TableNotFoundError)
  end

  it "a file in place of a table" do
    file = table_path("file").tap { |name| File.write(name, "x") }
    expect { DeltaLake.open(file) }.to raise_error(DeltaLake::Error, /#{Regexp.escape(file)}/)
    expect(DeltaLake.table?(file)).to be(false)
  end

  it "a truncated commit" do
    text = File.read(commit_file(2))
    File.write(commit_file(2), text[0, text.size - 30])
    expect { DeltaLake.open(path).to_a }.to raise_error(DeltaLake::CorruptTableError, /version 2|0{19}2\.json/)
    expect(DeltaLake.open(path, version: 1).count).to eq(1)
  end

  it "a gap in the log" do
    File.delete(commit_file(2))
    expect { DeltaLake.open(path) }.to raise_error(DeltaLake::CorruptTableError, /version 2/)
    expect(DeltaLake.open(path, version: 1).count).to eq(1)
  end

  it "a data file gone" do
    table = DeltaLake.open(path)
    gone = table.files(where: { id: 1 }).first.path
    File.delete(File.join(path, gone))
    expect { table.to_a }.to raise_error(DeltaLake::CorruptTableError, /#{Regexp.escape(gone)}/)
    expect(table.where(id: 0).to_a.size).to eq(1)
    expect(table.append(orders(9..9)).version).to eq(4)
  end

  it "a data file cut short" do
    table = DeltaLake.open(path)
    file = File.join(path, table.files(where: { id: 1 }).first.path)
    File.truncate(file, File.size(file) - 10)
    expect { table.to_a }.to raise_error(DeltaLake::CorruptTableError, /#{Regexp.escape(File.basename(file))}/)
  end

  it "a feature that is not known" do
    protocol = { protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["timeTravelToTheFuture"],
                             writerFeatures: ["timeTravelToTheFuture"] } }
    File.write(commit_file(4), "#{JSON.generate(protocol)}\n")
    expect { DeltaLake.open(path) }.to raise_error(DeltaLake::UnsupportedFeatureError, /timeTravelToTheFuture/)
    expect(DeltaLake.open(path, version: 3).count).to eq(3)
  end

  it "a path that leads out of the table" do
    add = { add: { path: "../../etc/passwd", partitionValues: {}, size: 1, modificationTime: 0, dataChange: true } }
    File.write(commit_file(4), "#{JSON.generate(add)}\n")
    expect { DeltaLake.open(path).to_a }.to raise_error(DeltaLake::CorruptTableError, /passwd/)
  end
end
