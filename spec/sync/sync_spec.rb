# frozen_string_literal: true

require "deltalake/sync"

RSpec.describe DeltaLake::Sync do
  let(:target) { MemoryTarget.new }

  def sync(table, **options, &block)
    described_class.new(table, **{ to: target, name: "orders", progress: false }, **options, &block)
  end

  def run(table, **options, &block)
    sync(table, **options, &block).run
  end

  def by_id(rows)
    rows.to_h { |row| [row[:id], row] }
  end

  def gap(table, **options)
    run(table, **options)
    nil
  rescue DeltaLake::SyncGapError => e
    e
  end

  # Deletes what the newest version has not.
  def vacuum(table, path = table_path)
    (files_on_disk(path) - table.files.map(&:path).to_a).each { |file| File.delete(File.join(path, file)) }
  end

  describe "a first run" do
    it "takes a condition that is UTF-8 but not marked so, as under LC_ALL=C" do
      table = create_table({ id: :long, name: :string })
      table.append([{ id: 1, name: "é" }, { id: 2, name: "e" }])
      expect(run(table, where: "name = 'é'".b)).to have_attributes(upserted: 1)
    end

    it "copies all rows, and a second one has nothing to do" do
      table = create_table
      3.times { |i| table.append(orders((i * 10)...((i + 1) * 10))) }
      result = run(table, batch: 7)
      expect(result).to have_attributes(mode: :full, from_version: nil, to_version: 3, upserted: 30, deleted: 0,
                                        rows_read: 30, files_read: 3, resynced: nil)
      expect(target.rows).to eq(by_id(table.to_a))
      expect(target.batches.map { |batch| batch.upserts.size }.max).to be <= 7
      expect(run(table)).to have_attributes(mode: :none, upserted: 0, rows_read: 0, from_version: 3, to_version: 3)
    end

    it "copies an empty table, and deletes what the target has of its own" do
      target.rows[99] = { id: 99 }
      expect(run(create_table)).to have_attributes(mode: :full, upserted: 0, deleted: 1)
      expect(target.rows).to eq({})
    end

    it "takes an address, and refuses what is no target, no name and no key" do
      table = create_table
      table.append(orders(0...3))
      expect(run(table.uri).upserted).to eq(3)
      expect { sync(table, to: 1) }.to raise_error(TypeError, /ActiveRecord model, a Redis client/)
      expect { sync(table, name: " ") }.to raise_error(ArgumentError, /name is empty/)
      expect { sync(table, key: []) }.to raise_error(ArgumentError, /key needs/)
      expect { sync(table, mode: :some) }.to raise_error(ArgumentError, /mode must be :auto/)
      expect { run(table, key: :nothing, name: "other", to: MemoryTarget.new) }.to raise_error(ArgumentError, /nothing/)
    end

    it "refuses names of columns that are not there, and two columns of the same name" do
      table = create_table
      table.append(orders(0...3))
      expect { run(table, columns: { prize: :amount }) }.to raise_error(ArgumentError, /columns names prize.*id, coun/)
      expect { run(table, select: [:id], columns: { price: :amount }) }.to raise_error(ArgumentError, /it has id/)
      expect { run(table, columns: { price: :country }) { |row| row } }
        .to raise_error(ArgumentError, /country and price the same name in the target, country/)
      expect { run(table, columns: { price: :x, country: :x }) }.to raise_error(ArgumentError, /same name.*, x:/)
      expect(target.batches).to eq([])
      run(table, columns: { price: :country, country: :price })
      expect(target.rows[1]).to include(country: BigDecimal("0.25"))
    end

    it "takes false for a key, as columns too" do
      table = create_table({ id: :boolean, name: :string })
      table.append([{ id: false, name: "a" }, { id: true, name: "b" }])
      run(table)
      expect(target.rows).to eq(by_id(table.to_a))
      table.overwrite([{ id: false, name: "c" }])
      expect(run(table)).to have_attributes(mode: :difference, upserted: 1, deleted: 1)
      expect(target.rows).to eq(false => { id: false, name: "c" })
      expect(sync(table).instance_variable_get(:@source).keys_of(DeltaLake::Sync::Columns.new({ id: [false, true] })))
        .to eq([false, true])
    end

    it "refuses rows that have no key" do
      table = create_table({ id: :long, name: :string })
      table.append([{ id: 1, name: "a" }, { id: nil, name: "b" }])
      expect { run(table) }.to raise_error(DeltaLake::SchemaMismatchError, /has no id, which is the key.*"b"/)
    end
  end

  describe "by the files that differ" do
    let(:table) { create_table }

    before do
      10.times { |i| table.append(orders((i * 10)...((i + 1) * 10))) }
      run(table)
    end

    it "reads only those, and writes only rows that are others" do
      table.overwrite(orders(20...29).map { |row| row[:id] < 22 ? row.merge(price: 0) : row }, where: { id: 20...30 })
      table.append(orders(200...203))
      expect(run(table)).to have_attributes(mode: :difference, from_version: 10, to_version: 12, upserted: 5,
                                            deleted: 1, rows_read: 22, files_read: 3)
      expect(target.rows).to eq(by_id(table.to_a))
      expect(target.batches.last(4).flat_map(&:deletes)).to eq([29])
    end

    it "reads nothing of what was only written anew or not at all" do
      table.alter { |a| a.set_properties("delta.checkpointInterval" => 5) }
      expect(run(table)).to have_attributes(mode: :difference, to_version: 11, rows_read: 0, files_read: 0)
    end

    it "deletes what leaves the filter, and puts what comes into it" do
      other = MemoryTarget.new
      options = { to: other, where: "price < 10", select: %i[price] }
      run(table, **options)
      table.overwrite(orders(0...10).map { |row| row.merge(price: 100) }, where: { id: 0...10 })
      table.overwrite(orders(90...100).map { |row| row.merge(price: 1) }, where: { id: 90...100 })
      expect(run(table, **options)).to have_attributes(mode: :difference, deleted: 10, upserted: 10)
      expect(other.rows).to eq(by_id(table.where("price < 10").select(:price, :id).to_a))
    end

    it "holds only so many keys at once, with the same outcome" do
      stub_const("DeltaLake::Sync::Passes::KEYS", 7)
      table.overwrite(orders(5...95).map { |row| row[:id].odd? ? row : row.merge(price: 3) })
      target.fail_after(8)
      expect { run(table, batch: 4) }.to raise_error("the target failed")
      target.fail_after(nil)
      expect(run(table, batch: 4)).to have_attributes(mode: :difference, rows_read: a_value > 100)
      expect(target.rows).to eq(by_id(table.to_a))
      run(table, mode: :full)
      expect(target.rows).to eq(by_id(table.to_a))
    end

    it "deletes all that goes before anything comes, however many keys there are" do
      stub_const("DeltaLake::Sync::Passes::KEYS", 7)
      target.batches.clear
      table.overwrite(orders(200...250))
      target.fail_after(6)
      expect { run(table, batch: 4) }.to raise_error("the target failed")
      target.fail_after(nil)
      expect(run(table, batch: 4)).to have_attributes(mode: :difference)
      expect(target.rows).to eq(by_id(table.to_a))
      kinds = target.batches.reject(&:empty?).map { |batch| batch.upserts.empty? ? :delete : :put }
      expect(kinds.chunk_while { |a, b| a == b }.map(&:first)).to eq(%i[delete put])
      expect(target.batches.flat_map(&:deletes).uniq.size).to eq(100)
    end

    it "ends a difference that was cut short as that of its two versions, and goes on" do
      row = orders([0]).first
      table.overwrite(orders(0...10).map { |it| it.merge(price: 9) }, where: { id: 0...10 })
      target.fail_after(3)
      expect { run(table, batch: 2) }.to raise_error("the target failed")
      expect(target.rows[0]).to eq(row.merge(price: 9))
      # As the target had it before: alike in the first and the last version.
      table.overwrite(orders(0...10), where: { id: 0...10 })
      target.fail_after(nil)
      expect(run(table, batch: 2)).to have_attributes(from_version: 10, to_version: 12)
      expect(target.rows).to eq(by_id(table.to_a))
    end

    it "knows files that have got another deletion vector" do
      file = actions(1).filter_map { |action| action["add"] }.first
      before = DeltaLake::Sync::Files::Entry
      plain = DeltaLake::Sync::Files.send(:key, file)
      vector = file.merge("deletionVector" => { "storageType" => "u", "pathOrInlineDv" => "x", "offset" => 1,
                                                "cardinality" => 2, "sizeInBytes" => 3 })
      expect(DeltaLake::Sync::Files.send(:key, vector)).not_to eq(plain)
      expect(before.new(plain, file.merge("stats" => '{"numRecords":10}')).rows).to eq(10)
      expect(before.new(plain, vector.merge("stats" => '{"numRecords":10}')).rows).to eq(8)
    end
  end

  describe "by the feed" do
    let(:table) { create_table(properties: { "delta.enableChangeDataFeed" => true }) }

    it "takes what each key is in the end" do
      table.append(orders(0...20))
      run(table)
      table.append(orders(20...25))
      table.overwrite([orders([3]).first.merge(price: 1)], where: "id IN (3, 4, 20)")
      table.append(orders([4]))
      table.overwrite([], where: "id = 5")
      expect(run(table)).to have_attributes(mode: :changes, from_version: 1, to_version: 5, upserted: 6, deleted: 2,
                                            files_read: 0)
      expect(target.rows).to eq(by_id(table.to_a))
      expect(target.batches.last.deletes).to contain_exactly(20, 5)
    end

    it "writes a version with many rows in parts, and repeats them after a fault" do
      table.append(orders(0...200))
      run(table)
      target.batches.clear
      table.overwrite(orders(100...300).map { |row| row.merge(price: 7) })
      target.fail_after(4)
      expect { run(table, batch: 3) }.to raise_error("the target failed")
      target.fail_after(nil)
      table.append(orders([0]))
      expect(run(table, batch: 3)).to have_attributes(mode: :changes, to_version: 3)
      expect(target.rows).to eq(by_id(table.to_a))
      expect(target.batches.map { |batch| batch.upserts.size }.max).to be <= 30
    end

    it "deletes many rows of a version in parts, and repeats them after a fault" do
      table.append(orders(0...200))
      run(table)
      target.batches.clear
      table.overwrite(orders(190...195))
      target.fail_after(4)
      expect { run(table, batch: 3) }.to raise_error("the target failed")
      expect(target.rows.size).to eq(140)
      target.fail_after(nil)
      table.append(orders([0]))
      expect(run(table, batch: 3)).to have_attributes(mode: :changes, from_version: 1, to_version: 3)
      expect(target.rows).to eq(by_id(table.to_a))
      expect(target.batches.map { |batch| batch.deletes.size }.max).to be <= 30
    end

    it "is left for a difference as long as no row of it was written, and not after that" do
      table.append(orders(0...40))
      run(table)
      table.append(orders(100...150))
      table.overwrite([], where: "id >= 100")
      target.fail_after(3)
      expect { run(table, batch: 1) }.to raise_error("the target failed")
      # In the target, and in neither the version that it had nor the newest one.
      expect(target.rows.keys.max).to be >= 100
      target.fail_after(nil)
      expect(run(table, batch: 1, mode: :difference)).to have_attributes(mode: :changes, to_version: 3)
      expect(target.rows).to eq(by_id(table.to_a))
      table.overwrite([orders([3]).first.merge(price: 9)], where: { id: 3 })
      Dir[File.join(table_path, "_change_data", "*.parquet")].each { |file| File.delete(file) }
      expect(gap(table)).to have_attributes(reason: :vacuumed)
      expect(run(table, mode: :difference)).to have_attributes(mode: :difference, upserted: 1)
      expect(target.rows).to eq(by_id(table.to_a))
    end

    it "deletes what leaves the filter" do
      table.append(orders(0...20))
      run(table, where: { country: "FR" })
      table.overwrite([orders([1]).first.merge(country: "DE"), orders([2]).first.merge(country: "FR")],
                      where: "id IN (1, 2)")
      expect(run(table, where: { country: "FR" })).to have_attributes(mode: :changes, upserted: 1, deleted: 1)
      expect(target.rows).to eq(by_id(table.where(country: "FR").to_a))
    end

    it "is not used where it was switched on later, unless it alone is asked for" do
      plain = create_table(path: table_path("plain"))
      plain.append(orders(0...3))
      run(plain)
      plain.append(orders(3...6))
      plain.alter { |a| a.set_properties("delta.enableChangeDataFeed" => true) }
      expect(gap(plain, mode: :changes)).to have_attributes(reason: :feed_missing, from: 1,
                                                            message: /is not true there/)
      expect(run(plain)).to have_attributes(mode: :difference, upserted: 3)
      plain.append(orders(6...9))
      expect(run(plain)).to have_attributes(mode: :changes, upserted: 3)
      plain.append(orders(9...12))
      expect(run(plain, mode: :difference)).to have_attributes(mode: :difference, upserted: 3)
    end
  end

  describe "rows in the target" do
    it "go by other names, and by keys of several columns" do
      table = create_table
      table.append(orders(0...4))
      run(table, key: %i[country id], select: [:price], columns: { price: :amount, id: :number })
      expect(target.rows).to include(["FR", 1] => { country: "FR", number: 1, amount: BigDecimal("0.25") })
    end

    it "are what the block makes of them, or are not there" do
      table = create_table
      table.append(orders(0...6))
      block = ->(row) { { id: row[:id], cents: (row[:price] * 100).to_i } unless row[:price] > 1 }
      run(table, &block)
      expect(target.rows.values.last).to eq({ id: 4, cents: 100 })
      table.overwrite([orders([2]).first.merge(price: 5), orders([5]).first.merge(price: 1)], where: "id IN (2, 5)")
      expect(run(table, &block)).to have_attributes(upserted: 1, deleted: 1)
      expect(target.rows.keys).to contain_exactly(0, 1, 3, 4, 5)
    end
  end

  describe "a gap" do
    let(:table) { create_table }

    before do
      4.times { |i| table.append(orders((i * 10)...((i + 1) * 10))) }
      run(table)
    end

    def another(path = table_path)
      FileUtils.rm_rf(path)
      create_table(path: path).tap { |made| 6.times { |i| made.append(orders([i])) } }
    end

    it "is another table in the place" do
      made = another
      error = gap(made)
      expect(error).to have_attributes(reason: :recreated, from: 4, retryable?: false,
                                       message: /its id was .*on_gap: :resync, or mode: :full/)
      expect(target.rows.size).to eq(40)
      expect(run(made, on_gap: :resync)).to have_attributes(mode: :full, resynced: :recreated, deleted: 34, upserted: 6)
      expect(target.rows).to eq(by_id(made.to_a))
    end

    it "is a table that was set back, written to since or not" do
      FileUtils.rm(commit_file(4))
      expect(gap(DeltaLake.open(table_path))).to have_attributes(reason: :restored, message: /set back to version 3/)
      table = DeltaLake.open(table_path)
      table.append(orders([77]))
      table.append(orders([78]))
      expect(gap(table)).to have_attributes(reason: :restored, message: /version 4 is another one/)
      expect(run(table, mode: :full)).to have_attributes(mode: :full, resynced: nil)
      expect(target.rows).to eq(by_id(table.to_a))
    end

    it "is another type or name of a selected column, and no other" do
      table.alter { |a| a.change_comment("price", "in euros") }
      expect(run(table).mode).to eq(:difference)
      table.alter { |a| a.add_column(:note, :string) }
      expect(gap(table)).to have_attributes(reason: :schema_changed, message: /note: string/)
      other = MemoryTarget.new
      run(table, to: other, select: %i[id price])
      table.alter { |a| a.add_column(:more, :string) }
      expect(run(table, to: other, select: %i[id price]).mode).to eq(:difference)
      table.alter do |a|
        a.set_properties("delta.columnMapping.mode" => "name")
        a.rename_column(:price, :cost)
      end
      expect(gap(table, to: other, select: %i[id price])).to have_attributes(reason: :schema_changed, message: /price/)
    end

    it "is a column that was dropped and added again: other values in the same files" do
      other = MemoryTarget.new
      table.alter { |a| a.set_properties("delta.columnMapping.mode" => "name") }
      run(table, to: other)
      table.alter { |a| a.drop_column(:country) }
      table.alter { |a| a.add_column(:country, :string, after: :id) }
      expect(gap(table, to: other)&.reason).to eq(:schema_changed)
    end

    [false, true].each do |feed|
      it "is another column under a name in the filter, #{feed ? 'with' : 'without'} a feed" do
        filters = { { active: true } => :active, { "active" => [true] } => :active, "aCTive = true" => :active,
                    "`in it` IS NOT NULL" => :"in it", "place.city = 'Paris'" => :place,
                    { place: { city: "Paris" } } => :place }
        filters.each.with_index do |(filter, name), i|
          properties = { "delta.columnMapping.mode" => "name", "delta.enableChangeDataFeed" => feed }
          made = create_table({ id: :long, active: :boolean, "in it": :boolean, place: { city: :string } },
                              path: table_path("filter #{i}"), properties: properties)
          row = { active: true, "in it": true, place: { city: "Paris" } }
          made.append([{ id: 1, **row }, { id: 2 }])
          to = MemoryTarget.new
          options = { to:, where: filter, select: [:id] }
          run(made, **options)
          type = made.schema[name].type
          made.alter { |a| a.add_column(:other, :string) }
          expect(run(made, **options).mode).to eq(feed ? :changes : :difference)
          made.alter { |a| a.drop_column(name) }
          made.alter { |a| a.add_column(name, type) }
          made.append([{ id: 3, **row }])
          expect([filter, gap(made, **options)&.reason]).to eq([filter, :schema_changed])
          run(made, on_gap: :resync, **options)
          expect(to.rows).to eq(by_id(made.where(filter).select(:id).to_a))
        end
      end
    end

    it "is another filter, another choice of columns" do
      expect(gap(table, where: { id: 1.. }).reason).to eq(:options_changed)
      expect(gap(table, select: [:id]).reason).to eq(:options_changed)
      expect(gap(table, columns: { price: :p }).reason).to eq(:options_changed)
    end

    it "is a log that does not reach back" do
      table.append(orders([50]))
      table.checkpoint
      6.times { |version| FileUtils.rm_f(commit_file(version)) }
      opened = DeltaLake.open(table_path)
      expect(gap(opened)).to have_attributes(reason: :log_cleaned, from: 4)
      expect(run(opened, on_gap: :resync)).to have_attributes(resynced: :log_cleaned)
      expect(target.rows).to eq(by_id(opened.to_a))
    end

    it "is a vacuum that has deleted what the target's version had" do
      table.overwrite(orders(5...15), where: { id: 0...20 })
      vacuum(table)
      expect(gap(table)).to have_attributes(reason: :vacuumed, message: /version 4.*on_gap: :resync/)
      expect(run(table, on_gap: :resync)).to have_attributes(mode: :full, resynced: :vacuumed)
      expect(target.rows).to eq(by_id(table.to_a))
    end

    it "is a vacuum that has deleted what the feed had" do
      fed = create_table(path: table_path("fed"), properties: { "delta.enableChangeDataFeed" => true })
      fed.append(orders(0...10))
      run(fed, name: "fed", to: (to = MemoryTarget.new))
      2.times { |i| fed.overwrite(orders(5...15).map { |row| row.merge(price: i) }, where: { id: 0...20 }) }
      vacuum(fed, table_path("fed"))
      # The second time it is of a run that was begun.
      2.times do
        expect(gap(fed, name: "fed", to:)).to have_attributes(reason: :vacuumed, from: 1,
                                                              message: /after version 1.*on_gap: :resync/)
      end
      expect(gap(fed, name: "fed", to:, mode: :changes)).to have_attributes(reason: :vacuumed)
      fed.append(orders([50]))
      expect(run(fed, name: "fed", to:, on_gap: :resync)).to have_attributes(mode: :full, resynced: :vacuumed)
      expect(to.rows).to eq(by_id(fed.to_a))
      File.delete(File.join(table_path("fed"), fed.files.first.path))
      expect { run(fed, name: "fed", to:, mode: :full) }.to raise_error(DeltaLake::FileNotFoundError)
    end

    it "is a difference that was cut short and can no longer be read" do
      table.overwrite(orders(0...10).map { |row| row.merge(price: 9) }, where: { id: 0...10 })
      target.fail_after(2)
      expect { run(table, batch: 2) }.to raise_error("the target failed")
      target.fail_after(nil)
      table.overwrite(orders(0...10), where: { id: 0...10 })
      vacuum(table)
      expect(gap(table)).to have_attributes(reason: :vacuumed)
      expect(run(table, on_gap: :resync)).to have_attributes(mode: :full)
      expect(target.rows).to eq(by_id(table.to_a))
    end
  end

  it "begins a copy again whose files were vacuumed meanwhile" do
    table = create_table
    4.times { |i| table.append(orders((i * 10)...((i + 1) * 10))) }
    target.fail_after(3)
    expect { run(table, batch: 5) }.to raise_error("the target failed")
    target.fail_after(nil)
    table.overwrite(orders(5...25))
    vacuum(table)
    expect(run(table)).to have_attributes(mode: :full, to_version: 5)
    expect(target.rows).to eq(by_id(table.to_a))
  end

  it "goes on with a copy where it was, and then to the newest version" do
    table = create_table
    4.times { |i| table.append(orders((i * 10)...((i + 1) * 10))) }
    target.fail_after(4)
    expect { run(table, batch: 5) }.to raise_error("the target failed")
    target.fail_after(nil)
    table.append(orders(100...103))
    expect(run(table, batch: 5)).to have_attributes(mode: :difference, from_version: nil, to_version: 5, upserted: 28)
    expect(target.rows).to eq(by_id(table.to_a))
  end

  it "ends at its next batch where another run has taken over" do
    table = create_table
    table.append(orders(0...30))
    inner = nil
    run = sync(table, batch: 5, progress: lambda do |done, _|
      inner ||= described_class.new(table.uri, to: target, name: "orders", progress: false).run if done == 10
    end)
    expect { run.run }.to raise_error(DeltaLake::CommitConflictError, /another run/) { |e| expect(e).to be_retryable }
    expect(inner).to have_attributes(mode: :full, upserted: 20)
    expect(target.rows).to eq(by_id(table.to_a))
  end

  %i[stop resync].each do |on_gap|
    it "takes no table for set back that another run has found newer in between (on_gap: #{on_gap})" do
      table = create_table
      table.append(orders(0...3))
      run(table)
      inner = nil
      # The run has looked at the table, and asks the target now.
      target.define_singleton_method(:cursor) do
        unless inner
          inner = :begun
          other = DeltaLake.open(table.uri)
          other.append([{ id: 10, country: "FR", price: 1 }])
          inner = DeltaLake::Sync.new(other, to: self, name: "orders", progress: false).run
        end
        super()
      end
      expect(run(table.uri, on_gap:)).to have_attributes(mode: :none, to_version: 2, resynced: nil)
      expect(inner).to have_attributes(mode: :difference, to_version: 2)
      expect(target.rows.keys).to contain_exactly(0, 1, 2, 10)
      expect(run(table)).to have_attributes(mode: :none, to_version: 2)
    end
  end

  it "stops at its deadline, and goes on in the next run" do
    table = create_table
    table.append(orders(0...30))
    slow = ->(*) { sleep(0.1) }
    expect { sync(table, batch: 5, progress: slow).run(deadline: 0.35) }
      .to raise_error(DeltaLake::DeadlineExceededError)
    expect(target.rows.size).to be_between(5, 25)
    expect(run(table)).to have_attributes(upserted: a_value < 30, to_version: 1)
    expect(target.rows).to eq(by_id(table.to_a))
  end

  it "stops at its deadline where the store of the table does not answer" do
    server = TCPServer.new("127.0.0.1", 0)
    storage = { endpoint: "http://127.0.0.1:#{server.addr[1]}", region: "us-east-1", access_key_id: "a",
                secret_access_key: "b", allow_http: true }
    sync = described_class.new("s3://nobody/orders", to: target, name: "orders", key: :id, storage:, progress: false)
    Timeout.timeout(20) { expect { sync.run(deadline: 0.3) }.to raise_error(DeltaLake::DeadlineExceededError) }
  ensure
    server&.close
  end

  it "calls a callable with batches, and keeps the cursor in a file" do
    table = create_table
    table.append(orders(0...5))
    seen = {}
    file = File.join(tmpdir, "cursors", "orders")
    to = ->(batch) { batch.deletes.each { |key| seen.delete(key) } && seen.merge!(batch.upserts) }
    run(table, to:, cursor: file)
    table.overwrite(orders([8]), where: "id > 2")
    expect(run(table, to:, cursor: file)).to have_attributes(mode: :difference, upserted: 1, deleted: 2)
    expect(seen).to eq(by_id(table.to_a))
    expect { sync(table, cursor: file) }.to raise_error(ArgumentError, /keeps its own/)
    expect(Dir.children(File.dirname(file))).to eq(["orders"])
  end

  describe "as an event" do
    it "tells what its result tells, and the name" do
      table = create_table
      table.append(orders(0...5))
      told = EventRecorder.new
      result = telling(told) { run(table) }
      expect(told.one(:sync)).to eq({ operation: :sync, table: table.uri, name: "orders" }.merge(result.to_h))
      table.overwrite(orders(2...4))
      telling(told) { run(table.uri) }
      expect(told.all(:sync).last).to include(mode: :difference, from_version: 1, to_version: 2, deleted: 3,
                                              rows_read: 7, table: table.uri, duration: be_a(Float))
      expect(told.events.map(&:first)).to include("open.deltalake", "scan.deltalake", "refresh.deltalake")
    end

    it "tells why it ended, and what was done until then" do
      table = create_table
      table.append(orders(0...10))
      told = EventRecorder.new
      target.fail_after(2)
      expect { telling(told) { run(table, batch: 3) } }.to raise_error(RuntimeError, "the target failed")
      expect(told.one(:sync)).to include(error: be_a(RuntimeError), upserted: 3, duration: be_a(Float))
    end

    %i[before after].each do |moment|
      it "changes nothing where a subscriber raises (#{moment})" do
        table = create_table
        table.append(orders(0...5))
        expect { telling(EventRecorder.new(raises: moment)) { expect(run(table)).to have_attributes(upserted: 5) } }
          .to output(/subscriber of sync.deltalake failed/).to_stderr
        expect(run(table)).to have_attributes(mode: :none)
        expect(target.rows.size).to eq(5)
      end
    end
  end

  it "tells how far it is, to a callable or on a terminal" do
    table = create_table
    table.append(orders(0...10))
    told = []
    run(table, batch: 4, progress: ->(done, total) { told << [done, total] })
    expect(told.uniq).to eq([[4, 10], [8, 10], [10, 10]])
    terminal = StringIO.new
    def terminal.tty? = true
    bar = DeltaLake::Sync::Progress.new(nil, "orders", terminal: terminal)
    bar.start(2_000)
    bar.add(1_000)
    bar.clear
    expect(terminal.string).to eq("\r\e[Korders: [#{'=' * 15}#{' ' * 15}] 50 % of 2,000 rows\r\e[K")
    expect { sync(table, progress: 1) }.to raise_error(ArgumentError, /progress must respond/)
  end

  it "refuses a cursor of another kind" do
    target.cursor = "{}"
    expect { run(create_table) }.to raise_error(DeltaLake::ConfigurationError, /not of format 1/)
    target.cursor = "x"
    expect { run(DeltaLake.open(table_path)) }.to raise_error(DeltaLake::ConfigurationError, /is no JSON/)
  end
end
