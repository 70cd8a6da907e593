# frozen_string_literal: true

require "stringio"

# What can be done with a table on disk, done in each store.
RSpec.describe "Tables in stores" do
  def create(**options)
    DeltaLake.create(uri, storage: storage, schema: TableHelper::ORDERS, **options)
  end

  def reopened(**options)
    DeltaLake.open(uri, storage: storage, **options)
  end

  def ids(table)
    table.pluck(:id).sort
  end

  # The table's key in its bucket.
  def root
    uri[%r{\A\w+://[^/]+/(.*)\z}, 1]
  end

  # Keys below it.
  def keys(folder)
    server.keys("#{root}/#{folder}").map { |key| key.delete_prefix("#{root}/") }
  end

  on_every_store do
    it "are created, opened and told from others" do
      expect(DeltaLake.table?(uri, storage: storage)).to be(false)
      expect { reopened }.to raise_error(DeltaLake::TableNotFoundError)
      create(partition_by: :country)
      expect(DeltaLake.table?(uri, storage: storage)).to be(true)
      expect(reopened).to have_attributes(version: 0, partition_by: [:country], uri: uri)
      expect { create }.to raise_error(DeltaLake::TableExistsError)
      expect(create(if_exists: :open).version).to eq(0)
    end

    it "are appended to once, and read at every version" do
      table = create
      5.times { |i| table.append(orders([i]), once: "job-#{i}", metadata: { job: "j#{i}" }) }
      expect(reopened.append(orders([3]), once: "job-3")).to be_skipped
      expect(reopened.to_a).to match_array(orders(0..4))
      6.times { |version| expect(ids(table.at(version: version))).to eq([*0...version]) }
      expect(reopened(version: 2).count).to eq(2)
      expect(reopened.history.map(&:version)).to eq([5, 4, 3, 2, 1, 0])
      expect(table.at(Time.now + 3600).version).to eq(5)
      expect(keys("_delta_log/").grep(/\.json\z/).size).to eq(6)
    end

    it "are overwritten, whole and in part" do
      table = create(partition_by: :country, properties: { "delta.enableChangeDataFeed" => true })
      table.append(orders(0..8))
      table.overwrite([{ id: 100, country: "DE" }], where: { country: "DE" })
      expect(ids(reopened)).to eq([1, 2, 4, 5, 7, 8, 100])
      table.overwrite([{ id: 2, country: "FR" }], where: "id < 3")
      expect(ids(reopened)).to eq([2, 4, 5, 7, 8, 100])
      table.overwrite([{ id: 200, country: "US" }], dynamic: true)
      expect(ids(reopened)).to eq([2, 4, 7, 100, 200])
      expect(table.changes(from: 2, to: 2).map { |row| row.values_at(:id, :_change_type) })
        .to match_array([[0, "delete"], [3, "delete"], [6, "delete"], [100, "insert"]])
      table.overwrite(orders(7..7))
      expect(reopened.to_a).to eq(orders(7..7))
    end

    it "take lines of JSON, and staged files of other workers" do
      table = create
      table.append_json(StringIO.new(%({"id":1,"country":"DE"}\n{"id":2}\n)))
      staged = [3, 4].map { |id| table.stage(orders([id])).to_json }
      expect(ids(reopened)).to eq([1, 2])
      table.commit(staged.map { |json| DeltaLake::StagedFiles.load(json) }, once: "both")
      expect(ids(reopened)).to eq([1, 2, 3, 4])
    end

    it "are read in tasks, elsewhere" do
      table = create
      4.times { |i| table.append(orders((i * 10)..((i * 10) + 9))) }
      tasks = table.where(id: 5..).tasks(target_bytes: 1).map(&:to_json)
      expect(tasks.size).to eq(4)
      table.overwrite(orders(0..0))
      rows = tasks.flat_map { |json| DeltaLake::ScanTask.load(json, storage: storage).each_batch.to_a.flatten }
      expect(rows.map { |row| row[:id] }.sort).to eq([*5..39])
    end

    it "are kept up and changed" do
      table = create(properties: { "delta.checkpointInterval" => 1000, "delta.columnMapping.mode" => "name" })
      12.times { |i| table.append(orders([i])) }
      expect(table.checkpoint).to have_attributes(version: 12, files: 12)
      # Nothing is old enough: what others may not have seen stays.
      expect(table.clean_log.files).to eq(0)
      table.alter { |a| a.rename_column(:price, :cost) }
      expect(reopened.map { |row| row[:cost] }.sort).to eq(orders(0..11).map { |row| row[:price] })
      keys("_delta_log/").grep(/0[0-9]\.json\z/).each { |key| server.delete("#{root}/#{key}") }
      expect(ids(reopened)).to eq([*0..11])
    end
  end
end
