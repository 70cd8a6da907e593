# frozen_string_literal: true

RSpec.describe DeltaLake::Scan do
  let(:table) { create_table(partition_by: [:country]).tap { |table| table.append(orders(0..8)) } }
  let(:ids) { ->(scan) { scan.pluck(:id).sort } }

  it "is frozen, and narrows into others" do
    all = table.scan
    french = all.where(country: "FR")
    expect([all, french, french.select(:id), french.limit(1)]).to all(be_frozen.and(be_a(described_class)))
    expect(all.count).to eq(9)
    expect(french.count).to eq(3)
    expect(french.where(id: 4).count).to eq(1)
    expect(french.inspect).to eq("#<DeltaLake::Scan #{table_path} version=1 conditions=1>")
  end

  it "stays on its version" do
    scan = table.where(id: 0..100)
    table.append(orders(9..9))
    expect(scan.count).to eq(9)
    expect(table.where(id: 0..100).count).to eq(10)
  end

  describe "#each" do
    it "gives Hashes with Symbol keys, in the order of the schema" do
      row = table.where(id: 4).first
      expect(row).to eq({ id: 4, country: "FR", price: BigDecimal("1") })
      expect(row.keys).to eq(%i[id country price])
      expect(table.scan.each(&:itself)).to be_a(described_class)
    end

    it "is an Enumerator without a block" do
      enumerator = table.where(country: "DE").each
      expect(enumerator).to be_a(Enumerator)
      expect(enumerator.size).to be_nil
      expect(Array.new(3) { enumerator.next[:id] }.sort).to eq([0, 3, 6])
      expect { enumerator.next }.to raise_error(StopIteration)
    end

    it "can be left in the middle" do
      seen = table.scan.each { |row| row[:id] && (break row) }
      expect(seen).to include(:id)
      expect(table.scan.each_with_index.find { |_, i| i == 3 }.last).to eq(3)
    end

    it "reads anew each time" do
      scan = table.scan
      expect(scan.to_a).to eq(scan.to_a)
    end
  end

  describe "#each_batch" do
    it "gives Arrays of at most so many" do
      sizes = table.scan.each_batch(size: 2).map(&:size)
      expect(sizes.sum).to eq(9)
      expect(sizes.max).to be <= 2
      expect(sizes.min).to be >= 1
      batches = []
      expect(table.scan.each_batch { |rows| batches << rows }).to be_a(described_class)
      expect(batches.flatten.map { |row| row[:id] }).to match_array(0..8)
    end

    it "gives no empty batch" do
      expect(table.where(id: -1).each_batch.to_a).to eq([])
    end

    it "checks its size" do
      expect { table.each_batch(size: 0) }.to raise_error(ArgumentError, /size must be at least 1/)
      expect { table.each_batch(size: 1.5) }.to raise_error(TypeError, /size must be an Integer/)
    end
  end

  describe "#select" do
    it "takes columns in the given order" do
      expect(table.select(:price, "id").where(id: 8).to_a).to eq([{ price: BigDecimal("2"), id: 8 }])
      expect(table.select(:price, :id).first.keys).to eq(%i[price id])
      expect(table.select(%i[id country]).schema.names).to eq(%i[id country])
      expect(table.select(:id).select(:country).first.keys).to eq([:country])
      expect(table.select(:country).where(id: 4).to_a).to eq([{ country: "FR" }])
    end

    it "is Enumerable's with a block" do
      expect(table.select { |row| row[:id] == 3 }).to eq([{ id: 3, country: "DE", price: BigDecimal("0.75") }])
    end

    it "refuses unknown columns at once" do
      expect { table.select(:id, :nope) }.to raise_error(ArgumentError, /nope.*id, country, price/)
      expect { table.select }.to raise_error(ArgumentError, /needs names/)
      expect { table.select(:id) { true } }.to raise_error(ArgumentError, /not both/)
      expect { table.select(1) }.to raise_error(TypeError, /Integer/)
    end
  end

  describe "#limit" do
    it "takes at most so many" do
      expect(table.limit(4).to_a.size).to eq(4)
      expect(table.limit(4).count).to eq(4)
      expect(table.limit(100).count).to eq(9)
      expect(table.limit(0).to_a).to eq([])
      expect(table.limit(0).count).to eq(0)
      expect(table.limit(4).limit(5).count).to eq(5)
      expect(table.limit(2).where(country: "FR").pluck(:country)).to eq(%w[FR FR])
      expect(table.where(country: "FR").limit(2).count).to eq(2)
    end

    it "checks its count" do
      expect { table.limit(-1) }.to raise_error(ArgumentError, /limit must be from 0/)
      expect { table.limit("1") }.to raise_error(TypeError, /limit must be an Integer/)
    end
  end

  describe "#first" do
    it "is a row, nil, or so many rows" do
      expect(table.where(id: 4).first).to include(id: 4)
      expect(table.where(id: -1).first).to be_nil
      expect(table.first(3).size).to eq(3)
      expect(table.first(0)).to eq([])
      expect(table.limit(2).first(5).size).to eq(2)
      expect(table.where(id: -1).first(2)).to eq([])
      expect { table.first(-1) }.to raise_error(ArgumentError)
    end
  end

  describe "#count" do
    it "counts without reading, or as Enumerable does" do
      expect(table.count).to eq(9)
      expect(table.where(id: 3..5).count).to eq(3)
      expect(table.count { |row| row[:id].even? }).to eq(5)
      expect(table.select(:id).count({ id: 3 })).to eq(1)
    end

    it "needs the log alone where no condition needs more" do
      table
      files_on_disk.each { |file| File.delete(File.join(table_path, file)) }
      expect(table.count).to eq(9)
      expect(table.where(country: "FR").count).to eq(3)
      expect { table.to_a }.to raise_error(DeltaLake::CorruptTableError)
    end
  end

  describe "#pluck" do
    it "gives values, or Arrays of them" do
      expect(table.pluck(:id)).to match_array(0..8)
      expect(table.where(country: "DE").pluck(:id, :country)).to contain_exactly([0, "DE"], [3, "DE"], [6, "DE"])
      expect(table.where(id: 3).pluck("country", :id, :country)).to eq([["DE", 3, "DE"]])
      expect(table.where(id: -1).pluck(:id)).to eq([])
      expect(table.where(id: -1).pluck(:id, :country)).to eq([])
      expect(table.limit(2).pluck(:id).size).to eq(2)
      expect(table.select(:country).pluck(:id).size).to eq(9)
      expect { table.pluck }.to raise_error(ArgumentError, /name of a column/)
      expect { table.pluck(:nope) }.to raise_error(ArgumentError, /nope/)
    end
  end

  describe "#to_columns" do
    it "gives an Array for each column" do
      columns = table.where(country: "FR").to_columns
      expect(columns.keys).to eq(%i[id country price])
      expect(columns[:country]).to eq(%w[FR FR FR])
      expect(columns[:id].zip(columns[:price])).to contain_exactly([1, 0.25], [4, 1], [7, 1.75])
      expect(table.where(id: -1).select(:id).to_columns).to eq({ id: [] })
    end
  end

  describe "#explain" do
    it "tells what is ruled out by partition values and by statistics" do
      table.append(orders(100..108))
      plan = table.where(country: "FR", id: 100..).explain
      expect(plan).to include(files_total: 6, files_pruned_by_partition: 4, files_pruned_by_stats: 1, files_to_read: 1)
      expect(plan[:bytes_total]).to eq(files_on_disk.sum { |file| File.size(File.join(table_path, file)) })
      expect(plan[:bytes_pruned_by_partition] + plan[:bytes_pruned_by_stats] + plan[:bytes_to_read])
        .to eq(plan[:bytes_total])
      expect(table.explain).to include(files_to_read: 6, files_pruned_by_partition: 0)
    end
  end
end
