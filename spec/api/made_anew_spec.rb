# frozen_string_literal: true

require "fileutils"

RSpec.describe "A table that is dropped while it is held" do
  let(:table) { create_table.tap { |table| 2.times { |n| table.append(orders([n])) } } }
  let(:rows) { [{ id: 9, country: "DE", price: BigDecimal(1) }] }

  # Another table in its place, of so many appends.
  def made_anew(appends, schema = TableHelper::ORDERS)
    FileUtils.rm_rf(table_path)
    create_table(schema).tap { |other| appends.times { other.append([{ id: 1 }]) } }
  end

  def state = DeltaLake.open(table_path).then { |now| [now.id, now.version, now.count] }

  4.times do |appends|
    it "is not written to where the other has #{appends} appends, and the handle is moved to the other" do
      table
      other = made_anew(appends)
      before = state
      expect { table.append(rows) }
        .to raise_error(DeltaLake::CommitConflictError, /made anew.*#{table_path}/) { |e| expect(e).to be_retryable }
      expect(state).to eq(before)
      expect(files_on_disk.size).to eq(appends)
      expect(table).to have_attributes(id: other.id, version: appends)
      expect(table.append(rows).version).to eq(appends + 1)
    end
  end

  it "is not written to by the columns that it had" do
    table
    made_anew(5, { id: :long, note: :string })
    expect { table.append(rows) }.to raise_error(DeltaLake::CommitConflictError)
    expect { table.append(rows) }.to raise_error(DeltaLake::SchemaMismatchError, /country/)
    expect(state.drop(1)).to eq([5, 5])
  end

  it "is not written to where there is none" do
    table
    FileUtils.rm_rf(table_path)
    expect { table.append(rows) }.to raise_error(DeltaLake::TableNotFoundError)
    expect(Dir.glob("#{table_path}/**/*.json")).to be_empty
  end

  it "takes appends and overwrites where its log was put back" do
    table
    File.delete(commit_file(2))
    expect(table.append(rows).version).to eq(2)
    expect(table.to_a.map { |row| row[:id] }).to contain_exactly(0, 9)
    File.delete(commit_file(2))
    table.overwrite(rows)
    expect(table.to_a.map { |row| row[:id] }).to eq([9])
  end

  it "moves back no handle that other threads have moved to the table in its place" do
    table
    scan_of_old = table.snapshot
    other = made_anew(0)
    table.refresh
    table.send(:advance, scan_of_old.native)
    expect(table.id).to eq(other.id)
  end
end
