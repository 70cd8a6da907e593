# frozen_string_literal: true

RSpec.describe "Large and odd appends to stores" do
  on_every_store do
    it "land whole where a file goes up in parts" do
      random = Random.new(1)
      table = DeltaLake.create(uri, storage: storage, schema: { id: :long, blob: :binary })
      blobs = Array.new(40) { random.bytes(1 << 19) }
      commit = table.append(blobs.each_with_index.map { |blob, id| { id: id, blob: blob } })
      expect(commit).to have_attributes(rows: 40, files: 1, bytes: be > 16 << 20)
      found = DeltaLake.open(uri, storage: storage).to_a.sort_by { |row| row[:id] }
      expect(found.map { |row| row[:blob] } == blobs).to be(true)
      expect(table.where(id: 39).pluck(:blob) == [blobs.last]).to be(true)
    end

    it "land in partitions with any name" do
      values = ["", "a b", "100%", "%20", "a/b", "a=b", "ü日本", "~", "+", "'\"", "?#&", "<x>", "..", " ", "C:\\x",
                "\t\n"]
      table = DeltaLake.create(uri, storage: storage, schema: { id: :long, name: :string }, partition_by: :name)
      rows = [*values, nil].each_with_index.map { |value, id| { id: id, name: value } }
      table.append(rows)
      found = DeltaLake.open(uri, storage: storage)
      # An empty partition value is null to every engine.
      expected = rows.map { |row| row[:name] == "" ? row.merge(name: nil) : row }
      expect(found.to_a).to match_array(expected)
      values.each_with_index.drop(1).each { |value, id| expect(found.where(name: value).pluck(:id)).to eq([id]) }
      table.overwrite([{ id: 100, name: "a b" }], where: { name: "a b" })
      expect(table.where(name: "a b").pluck(:id)).to eq([100])
    end
  end
end
