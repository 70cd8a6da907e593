# frozen_string_literal: true

require_relative "../support/feed_helper"

RSpec.describe DeltaLake::Changes, :feed do
  def kinds(changes)
    changes.map { |row| row.values_at(:_commit_version, :_change_type, :id) }
  end

  let!(:table) { create_feed }

  it "are inserts for added files and deletes for removed ones, with how, by which version and when" do
    table.append(orders(0..1))
    commit(removal(1))
    table.refresh
    File.utime(Time.at(1_700_000_000), Time.at(1_700_000_000), *[0, 1].map { |v| commit_file(v) })
    File.utime(Time.at(1_700_000_009), Time.at(1_700_000_009), commit_file(2))
    changes = table.changes(from: 0)
    expect(changes.to_a).to eq(
      [*orders(0..1).map do |row|
         row.merge(_change_type: "insert", _commit_version: 1,
                   _commit_timestamp: Time.at(1_700_000_000, 1, :millisecond, in: "UTC"))
       end,
       *orders(0..1).map do |row|
         row.merge(_change_type: "delete", _commit_version: 2, _commit_timestamp: Time.at(1_700_000_009, in: "UTC"))
       end]
    )
    expect(changes).to be_frozen
    expect(changes.schema.names).to eq(%i[id country price _change_type _commit_version _commit_timestamp])
    expect(changes.inspect).to match(/\A#<DeltaLake::Changes .*table up_to=2>\z/)
  end

  it "are of versions, both ends inclusive, and no others" do
    3.times { |i| table.append([{ id: i }]) }
    expect(kinds(table.changes(from: 2, to: 2))).to eq([[2, "insert", 1]])
    expect(kinds(table.changes(from: 1, to: 2))).to eq([[1, "insert", 0], [2, "insert", 1]])
    expect(kinds(DeltaLake.open(table_path, version: 2).changes(from: 2))).to eq([[2, "insert", 1]])
    expect(kinds(DeltaLake.open(table_path, version: 1).changes(from: 2, to: 3)).map(&:last)).to eq([1, 2])
    expect(kinds(table.snapshot.changes(from: 3))).to eq([[3, "insert", 2]])
    expect(table.changes(from: 0, to: 0).to_a).to eq([])
  end

  it "are of times" do
    3.times { |i| table.append([{ id: i }]) }
    times = (0..3).map { |version| Time.at(1_700_000_000 + (version * 10)) }
    times.each_with_index { |time, version| File.utime(time, time, commit_file(version)) }
    versions = ->(**range) { table.changes(**range).map { |row| row[:_commit_version] } }
    expect(versions.call(from: times[1], to: times[2])).to eq([1, 2])
    expect(versions.call(from: times[1] + 0.0001, to: times[3] - 0.0001)).to eq([2])
    expect(versions.call(from: times[0] - 100, to: Time.now)).to eq([1, 2, 3])
    expect(versions.call(from: 2, to: times[2])).to eq([2])
    expect(versions.call(from: times[2].to_datetime)).to eq([2, 3])
    expect { table.changes(from: times[3] + 1) }.to raise_error(ArgumentError, /no versions from 4 to 3/)
    expect { table.changes(from: 0, to: times[0] - 1) }.to raise_error(DeltaLake::TableNotFoundError, /as old as that/)
  end

  it "come from change files alone where a version has any" do
    table.append(orders(0..2))
    changed = [{ id: 1, country: "FR", _change_type: "update_preimage" },
               { id: 1, country: "XX", _change_type: "update_postimage" }]
    commit(removal(1), change_file(changed), actions(1).find { |a| a["add"] })
    expect(kinds(table.refresh.changes(from: 2))).to eq([[2, "update_preimage", 1], [2, "update_postimage", 1]])
  end

  it "can be narrowed, counted and read in every way" do
    2.times { |i| table.append(orders((i * 10)..((i * 10) + 9))) }
    commit(removal(1))
    commit(change_file([{ id: 99, _change_type: "delete" }]))
    changes = table.refresh.changes(from: 0)
    expect(changes.count).to eq(31)
    expect(changes.where(_change_type: "delete").count).to eq(11)
    expect(changes.where(_change_type: "delete", id: 5..).pluck(:id).sort).to eq([5, 6, 7, 8, 9, 99])
    expect(changes.where(_commit_version: 2, country: "FR").select(:_change_type, :id).to_a)
      .to eq([10, 13, 16, 19].map { |id| { _change_type: "insert", id: id } })
    expect(changes.where(_commit_version: 3..).explain).to include(files_total: 4, files_pruned_by_partition: 2,
                                                                   files_to_read: 2)
    expect(changes.where(_commit_version: 2).explain).to include(files_to_read: 1)
    expect(changes.limit(3).to_a.size).to eq(3)
    expect(changes.first[:id]).to eq(0)
    expect(changes.each_batch(size: 4).map(&:size).sum).to eq(31)
    expect(changes.to_columns[:_commit_version].tally).to eq({ 1 => 10, 2 => 10, 3 => 10, 4 => 1 })
    expect(changes.arrow_c_stream.to_i).to be_positive
    expect(changes).not_to respond_to(:tasks)
    expect(changes.where(id: 1)).to be_a(described_class)
  end

  it "know the partitions of added and removed files" do
    parts = create_feed(path: table_path("parts"), partition_by: [:country])
    parts.append([{ id: 1, country: "FR" }])
    commit(removal(1, parts.uri), path: parts.uri)
    rows = parts.refresh.changes(from: 1).where(country: "FR").to_a
    expect(rows.map do |row|
             row.values_at(:id, :country, :_change_type)
           end).to eq([[1, "FR", "insert"], [1, "FR", "delete"]])
    expect(parts.changes(from: 1).where(country: "DE").explain[:files_to_read]).to eq(0)
    commit(removal(1, parts.uri, partitionValues: nil), path: parts.uri)
    expect { parts.refresh.changes(from: 3).to_a }
      .to raise_error(DeltaLake::CorruptTableError, /version 3 removes.*extendedFileMetadata/m)
  end

  it "have the times that commits keep themselves" do
    table.append(orders(0..0))
    [0, 1].each do |version|
      rewrite(version) do |action|
        action["commitInfo"]["inCommitTimestamp"] = 1_000 + version if action["commitInfo"]
        action["metaData"]["configuration"]["delta.enableInCommitTimestamps"] = "true" if action["metaData"]
        action
      end
    end
    expect(DeltaLake.open(table_path).changes(from: 0).first[:_commit_timestamp]).to eq(Time.at(1.001r, in: "UTC"))
  end

  it "need the feed in every version" do
    off = create_table(path: table_path("off"))
    2.times { off.append(orders(0..0)) }
    told = { message: /changes of version 1 cannot be told: .*enableChangeDataFeed/, version: 1, table: off.uri }
    expect { off.changes(from: 1) }
      .to raise_error(an_instance_of(DeltaLake::ConfigurationError).and(having_attributes(told)))
  end

  it "are refused for ranges that are not there" do
    table.append(orders(0..0))
    expect { table.changes(from: 1, to: 0) }.to raise_error(ArgumentError, /from 1 to 0.*stands at version 1/)
    expect { table.changes(from: 2) }.to raise_error(ArgumentError)
    expect { table.changes(from: 0, to: 2) }.to raise_error(DeltaLake::TableNotFoundError, /no version 2 .*newest is 1/)
    expect { table.changes(from: -1) }.to raise_error(ArgumentError)
    expect { table.changes(from: "1") }.to raise_error(TypeError, /from must be an Integer or a Time, got String/)
    expect { table.changes }.to raise_error(ArgumentError)
  end

  it "say what a vacuum may have taken" do
    table.append(orders(0..2))
    commit(change_file([{ id: 1, _change_type: "delete" }]))
    FileUtils.rm_r(File.join(table_path, "_change_data"))
    changes = table.refresh.changes(from: 1)
    expect { changes.to_a }
      .to raise_error(DeltaLake::CorruptTableError, /change file _change_data.*is gone.*a vacuum may.*, if so begin/m)
    expect(table.changes(from: 1, to: 1).count).to eq(3)
  end

  it "have nil in columns that came later, and are refused where columns went" do
    table.append([{ id: 1 }])
    field = { name: "note", type: "string", nullable: true, metadata: {} }
    change = lambda do |fields|
      metadata = actions(0).find { |a| a["metaData"] }
      schema = JSON.parse(metadata["metaData"]["schemaString"])
      metadata["metaData"]["schemaString"] = JSON.generate(schema.merge("fields" => fields.call(schema["fields"])))
      commit(metadata)
    end
    change.call(->(fields) { [*fields, field] })
    wide = DeltaLake.open(table_path)
    wide.append([{ id: 2, note: "x" }])
    expect(wide.changes(from: 1).map { |row| row.values_at(:id, :note) }).to eq([[1, nil], [2, "x"]])
    expect(wide.changes(from: 1, to: 1).schema.names).to eq(table.changes(from: 1, to: 1).schema.names)
    change.call(->(fields) { fields.take(2) })
    expect { wide.refresh.changes(from: 1) }
      .to raise_error(DeltaLake::SchemaMismatchError, /version 1 .*schema of version 4: column price was dropped/)
    expect(wide.changes(from: 4).to_a).to eq([])
  end
end
