# frozen_string_literal: true

require_relative "../interop/python"
require_relative "../interop/every_type"

RSpec.describe "Python deltalake beside us", :python do
  def python_here(*arguments)
    python("store.py", uri, JSON.generate(storage), *arguments).first
  end

  # Appends until the block is done, 10 times at least, and says which rows.
  def append_beside(first)
    done = false
    thread = Thread.new do
      table = DeltaLake.open(uri, storage: storage)
      (first..).each_with_object([]) do |id, ids|
        break ids if done && ids.size >= 10

        table.append([{ id: id, by: "ruby" }], once: "ruby-#{id}")
        ids << id
        sleep(0.02)
      end
    end
    yield
    done = true
    thread.value
  end

  def expect_same(rows)
    table = DeltaLake.open(uri, storage: storage)
    expected = CanonicalRows.new(JSON.parse(table.schema.to_json)).lines(rows)
    expect(CanonicalRows.new(JSON.parse(table.schema.to_json)).lines(table.to_a)).to eq(expected)
    expect(python_here("read")).to eq("version" => table.version, "rows" => expected)
  end

  on_every_store do
    it "appends to the same table at the same time: all that lands is there once, for both" do
      DeltaLake.create(uri, storage: storage, schema: { id: :long, by: :string })
      told = []
      ours = append_beside(100_000) do
        told = [1_000, 2_000].map { |first| Thread.new { python_here("append", first, 8) } }.map(&:value)
      end
      landed = told.flat_map { |process| process["landed"] }
      expect(landed).not_to be_empty
      expect_same(landed.map { |id| { id: id, by: "python" } } + ours.map { |id| { id: id, by: "ruby" } })
      expect(DeltaLake.open(uri, storage: storage).version).to eq(landed.size + ours.size)
    end

    it "reads every type and partition that we write" do
      table = DeltaLake.create(uri, storage: storage, schema: EveryType::SCHEMA, partition_by: %i[string])
      table.append(EveryType.rows)
      table.checkpoint
      table.append(EveryType.rows)
      expect_same(EveryType.rows * 2)
    end

    it "makes tables that we read and go on with" do
      expect(python_here("append", 1, 2)["landed"]).to eq([1, 2])
      DeltaLake.open(uri, storage: storage).append([{ id: 3, by: "ruby" }])
      expect(python_here("append", 4, 1)["landed"]).to eq([4])
      expect_same([1, 2, 3, 4].map { |id| { id: id, by: id == 3 ? "ruby" : "python" } })
    end
  end
end
