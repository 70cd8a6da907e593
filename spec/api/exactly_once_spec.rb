# frozen_string_literal: true

RSpec.describe "once: and txn:" do
  let(:table) { create_table }

  describe "once:" do
    it "adds rows once for a key" do
      first = table.append(orders(1..2), once: "import-1")
      expect(first).to have_attributes(skipped?: false, rows: 2, version: 1)
      again = table.append(orders(1..2), once: "import-1")
      expect(again).to have_attributes(skipped?: true, rows: 0, files: 0, version: 1)
      expect(table.append(orders(3..3), once: :"import-2")).not_to be_skipped
      expect(DeltaLake.open(table.uri)).to have_attributes(version: 2, count: 3)
    end

    it "holds for other handles, and for those that are behind" do
      behind = DeltaLake.open(table.uri)
      table.append(orders(1..2), once: "key")
      expect(behind.append(orders(1..2), once: "key")).to be_skipped
      expect(DeltaLake.open(table.uri).append(orders(1..2), once: "key")).to be_skipped
      expect(DeltaLake.open(table.uri)).to have_attributes(version: 1, count: 2)
    end

    it "takes no rows where the key is there" do
      table.append(orders(1..1), once: "key")
      rows = Enumerator.new { raise "asked for rows" }
      expect(table.append(rows, once: "key")).to be_skipped
    end

    it "does not keep the key of a failure" do
      expect { table.append([{ id: nil }], once: "key") }.to raise_error(DeltaLake::SchemaMismatchError)
      expect(table.append(orders(1..1), once: "key")).not_to be_skipped
    end

    it "is one row of many threads' tries" do
      commits = Array.new(8) { Thread.new { table.append(orders(1..1), once: "key") } }.map(&:value)
      expect(commits.count { |commit| !commit.skipped? }).to eq(1)
      expect(DeltaLake.open(table.uri).count).to eq(1)
      expect(strays).to eq([])
    end
  end

  describe "txn:" do
    def append(version, app: "etl")
      table.append(orders(1..1), txn: { app_id: app, version: version })
    end

    it "adds rows once for a version, and for none before it" do
      expect(append(5)).not_to be_skipped
      expect(append(5)).to be_skipped
      expect(append(4)).to be_skipped
      expect(append(5, app: "other")).not_to be_skipped
      expect(append(6)).not_to be_skipped
      expect(DeltaLake.open(table.uri).count).to eq(3)
    end

    it "is the protocol's transaction" do
      table.append(orders(1..1), txn: { "app_id" => "etl", "version" => 42 })
      expect(actions(1).filter_map { |action| action["txn"] }).to match([include("appId" => "etl", "version" => 42)])
    end
  end

  it "hold across processes", :native do
    create_table
    script = <<~RUBY
      table = DeltaLake.open(#{table_path.inspect})
      4.times do |i|
        table.append([{ id: i }], once: "key-\#{i}")
        table.append([{ id: 10 + i }], txn: { app_id: "app", version: i })
      end
    RUBY
    ended = Array.new(4) { Thread.new { ruby(script) } }.map(&:value)
    expect(ended).to all(have_succeeded)
    ids = DeltaLake.open(table_path).pluck(:id)
    expect(ids & [0, 1, 2, 3]).to match_array(ids.select { |id| id < 10 })
    expect(ids.tally.values.uniq).to eq([1])
    expect(ids).to include(0, 1, 2, 3, 13)
    expect(strays).to eq([])
  end
end
