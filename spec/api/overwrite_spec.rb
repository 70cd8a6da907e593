# frozen_string_literal: true

RSpec.describe "overwrite" do
  def ids(table = DeltaLake.open(table_path))
    table.pluck(:id).sort
  end

  def changes(version)
    DeltaLake.open(table_path).changes(from: version).map { |row| [row[:_change_type], row[:id]] }.sort
  end

  it "replaces all rows in one commit" do
    table = create_table
    table.append(orders(1..5))
    commit = table.overwrite(orders(8..9))
    expect(commit).to have_attributes(version: 2, rows: 2, files: 1, skipped?: false,
                                      metrics: include(removed_files: 1, copied_rows: 0))
    expect([ids, ids(table)]).to eq([[8, 9], [8, 9]])
    expect(table.at(version: 1).count).to eq(5)
    info = actions(2).first["commitInfo"]
    expect(info).to include("operation" => "WRITE", "isBlindAppend" => false,
                            "operationParameters" => include("mode" => "Overwrite"))
    remove = actions(2).filter_map { |action| action["remove"] }.first
    expect(remove).to include("dataChange" => true, "extendedFileMetadata" => true, "partitionValues" => {},
                              "size" => be_positive, "deletionTimestamp" => be_positive)
  end

  it "empties where there are no rows, however they come" do
    table = create_table
    [[], [].each, [].lazy].each do |none|
      table.append(orders(1..5))
      expect(table.overwrite(none)).to have_attributes(rows: 0, files: 0, skipped?: false)
      expect(ids).to eq([])
    end
  end

  it "does nothing where there is nothing" do
    expect(create_table.overwrite([])).to have_attributes(version: 0, skipped?: true)
  end

  it "replaces what is there when it is made, and not what its handle has seen" do
    table = create_table
    behind = DeltaLake.open(table_path)
    3.times { |i| table.append(orders(i..i)) }
    behind.overwrite(orders(9..9))
    expect(ids).to eq([9])
  end

  it "happens once for a key" do
    table = create_table
    table.overwrite(orders(1..2), once: "load")
    table.append(orders(3..3))
    expect(table.overwrite(orders(1..2), once: "load")).to be_skipped
    expect(ids).to eq([1, 2, 3])
    expect(strays).to eq([])
  end

  describe "where:" do
    let!(:table) { create_table(partition_by: :country).tap { |t| t.append(orders(0..8)) } }

    it "replaces partitions as they are" do
      commit = table.overwrite([{ id: 100, country: "DE" }], where: { country: "DE" })
      expect(commit.metrics).to include(removed_files: 1, copied_rows: 0)
      expect(ids).to eq([1, 2, 4, 5, 7, 8, 100])
    end

    it "copies the rows that stay of files that are met in part" do
      commit = table.overwrite([{ id: 7, country: "FR" }, { id: 8 }], where: "id >= 7")
      expect(commit.metrics).to include(removed_files: 2, copied_rows: 4)
      expect(ids).to eq([0, 1, 2, 3, 4, 5, 6, 7, 8])
      expect(DeltaLake.open(table_path).where(id: 7..8).pluck(:id, :country, :price))
        .to contain_exactly([7, "FR", nil], [8, nil, nil])
    end

    it "keeps rows of which it is not known whether they are meant" do
      table.append([{ id: 50, price: nil, country: "US" }])
      table.overwrite([], where: "price < 1")
      expect(ids).to eq([4, 5, 6, 7, 8, 50])
    end

    it "leaves files alone in which no row is meant" do
      before = DeltaLake.open(table_path).files.map(&:path).to_a
      table.overwrite([], where: "price * 0 > 1")
      expect(DeltaLake.open(table_path).files.map(&:path)).to match_array(before)
    end

    it "refuses a row that is outside, naming it, and writes nothing" do
      rows = [{ id: 1, country: "DE" }, { id: 2, country: "FR" }]
      expect { table.overwrite(rows, where: { country: "DE" }) }
        .to raise_error(DeltaLake::ConstraintViolationError, /row 1 is outside/)
      expect { table.overwrite([{ id: 1, country: nil }], where: "country = 'DE'") }
        .to raise_error(DeltaLake::ConstraintViolationError, /row 0 is outside/)
      expect(ids).to eq([*0..8])
      expect(strays).to eq([])
    end

    it "has nil for an empty text in a partition column, which no condition on that text is true of" do
      ["country = ''", { country: "" }].each do |where|
        expect { table.overwrite([{ id: 50, country: "" }], where: where) }
          .to raise_error(DeltaLake::ConstraintViolationError, /row 0 is outside.*in a partition column, "" is null/)
      end
      expect([ids, strays]).to eq([[*0..8], []])
      2.times { table.overwrite([{ id: 50, country: "" }], where: { country: nil }) }
      expect(ids).to eq([*0..8, 50])
      expect(DeltaLake.open(table_path).where(id: 50).pluck(:country)).to eq([nil])
    end

    it "refuses columns that there are not" do
      expect { table.overwrite([], where: { nothing: 1 }) }.to raise_error(ArgumentError, /nothing/)
      expect { table.overwrite([], where: { id: 1 }, dynamic: true) }.to raise_error(ArgumentError, /exclude/)
    end
  end

  describe "dynamic: true" do
    it "replaces the partitions that rows are in, null among them" do
      table = create_table(partition_by: :country)
      table.append(orders(0..8) + [{ id: 20, country: nil }])
      table.overwrite([{ id: 30, country: nil }, { id: 31, country: "FR" }, { id: 32, country: "new" }], dynamic: true)
      expect(ids).to eq([0, 2, 3, 5, 6, 8, 30, 31, 32])
      expect(table.overwrite([], dynamic: true)).to be_skipped
    end

    it "needs partitions" do
      expect { create_table.overwrite(orders(1..1), dynamic: true) }.to raise_error(ArgumentError, /partitions/)
    end
  end

  it "refuses tables that only grow" do
    table = create_table(properties: { "delta.appendOnly" => true })
    table.append(orders(1..1))
    expect { table.overwrite([]) }.to raise_error(DeltaLake::ConstraintViolationError, /appendOnly/)
    expect(ids).to eq([1])
  end

  describe "on tables with a change data feed" do
    let(:fields) { [delta_field("id", "long"), delta_field("country", "string")] }
    let(:table) do
      table_with_features(fields, %w[changeDataFeed], properties: { "delta.enableChangeDataFeed" => "true" })
    end

    before { table.append([{ id: 1, country: "DE" }, { id: 2, country: "FR" }, { id: 3, country: "FR" }]) }

    it "tells of rows that were replaced among others" do
      table.append([{ id: 9, country: "FR" }])
      table.overwrite([{ id: 4, country: "FR" }], where: { country: "FR" })
      expect(changes(3)).to eq([["delete", 2], ["delete", 3], ["delete", 9], ["insert", 4]])
      expect(actions(3).count { |action| action["cdc"] }).to be_positive
      expect(actions(3).filter_map { |action| action["cdc"] }).to all(include("dataChange" => false))
      expect(ids).to eq([1, 4])
      expect(files_on_disk.count { |path| path.start_with?("_change_data/") }).to be_positive
    end

    it "tells of the values in columns that come with the rows" do
      table.append([{ id: 9, country: "FR" }])
      table.overwrite([{ id: 4, country: "FR", note: "new" }], where: { country: "FR" }, on_unknown: :add)
      expect(actions(3).count { |action| action["cdc"] }).to be_positive
      expect(DeltaLake.open(table_path).changes(from: 3).map { |row| row.values_at(:_change_type, :id, :note) })
        .to contain_exactly(["delete", 2, nil], ["delete", 3, nil], ["delete", 9, nil], ["insert", 4, "new"])
    end

    it "writes no change files where whole files go" do
      table.overwrite([{ id: 4, country: "FR" }])
      expect(actions(2).count { |action| action["cdc"] }).to eq(0)
      expect(changes(2)).to eq([["delete", 1], ["delete", 2], ["delete", 3], ["insert", 4]])
    end
  end

  it "keeps the ids of rows that move" do
    fields = [delta_field("id", "long")]
    names = { "delta.rowTracking.materializedRowIdColumnName" => "_row-id-1",
              "delta.rowTracking.materializedRowCommitVersionColumnName" => "_row-version-1" }
    table = table_with_features(fields, %w[domainMetadata rowTracking],
                                properties: { "delta.enableRowTracking" => "true", **names })
    table.append([{ id: 1 }, { id: 2 }, { id: 3 }])
    table.overwrite([{ id: 2 }], where: { id: 2 })
    rows = DeltaLake.open(table_path).select(:id, :_row_id, :_row_commit_version).to_a
    expect(rows).to contain_exactly({ id: 1, _row_id: 0, _row_commit_version: 1 },
                                    { id: 3, _row_id: 2, _row_commit_version: 1 },
                                    { id: 2, _row_id: be > 2, _row_commit_version: 2 })
    expect(rows.map { |row| row[:_row_id] }.uniq.size).to eq(3)
  end

  it "keeps statistics of clustering columns where rows move with their ids" do
    properties = { "delta.enableRowTracking" => true, "delta.dataSkippingNumIndexedCols" => 1 }
    table = create_table(cluster_by: [:country], properties: properties)
    table.append(orders(0..2))
    expect(table.overwrite([], where: { id: 0 }).metrics).to include(copied_rows: 2)
    expect(table.files.first.stats).to include("minValues" => { "id" => 1, "country" => "FR" })
  end

  describe "in conflict" do
    let!(:table) { create_table(partition_by: :country).tap { |t| t.append(orders(0..8)) } }

    def overwrite_while(where)
      other = DeltaLake.open(table_path)
      thread = Thread.new { 40.times { other.append([{ id: 200, country: "DE" }]) } }
      table.overwrite([{ id: 100, country: "DE" }], where: where)
    rescue DeltaLake::CommitConflictError => e
      e
    ensure
      thread.join
    end

    it "says which commit won, and the same call made again goes through" do
      results = Array.new(10) { overwrite_while({ country: "DE" }) }
      conflicts = results.grep(DeltaLake::CommitConflictError)
      expect(conflicts).to all(have_attributes(retryable?: true, kind: :concurrent_append,
                                               winning_version: be_an(Integer)))
      table.overwrite([{ id: 1, country: "DE" }], where: { country: "DE" })
      expect(DeltaLake.open(table_path).where(country: "DE").pluck(:id)).to eq([1])
    end

    it "lets appends to other partitions pass" do
      other = DeltaLake.open(table_path)
      thread = Thread.new { 20.times { |i| other.append([{ id: 1000 + i, country: "XX" }]) } }
      10.times { |i| table.overwrite([{ id: i, country: "DE" }], where: { country: "DE" }) }
      thread.join
      expect(DeltaLake.open(table_path).where(country: "XX").count).to eq(20)
      expect(DeltaLake.open(table_path).where(country: "DE").pluck(:id)).to eq([9])
    end
  end
end
