# frozen_string_literal: true

RSpec.describe "texts that are not marked as UTF-8" do
  let(:path) { table_path("é") }
  let(:table) { create_table({ id: :long, naïve: :string, raw: :binary }, path:) }

  # As ARGV and ENV have them under LC_ALL=C, as a socket does, and in another encoding.
  forms = { "US-ASCII" => ->(text) { text.dup.force_encoding("US-ASCII") }, "binary" => lambda(&:b),
            "ISO-8859-1" => ->(text) { text.encode("ISO-8859-1") } }

  before { table.append([{ id: 1, naïve: "é", raw: "é".b }, { id: 2 }]) }

  forms.each do |name, form|
    it "are taken as addresses: #{name}" do
      expect(DeltaLake.open(form.call(path))).to have_attributes(version: 1, uri: path)
      expect(DeltaLake.open(Pathname(form.call(path))).version).to eq(1)
      expect(DeltaLake.table?(form.call(path))).to be(true)
    end

    it "are taken as names, keys and conditions: #{name}" do
      column = form.call("naïve")
      expect(table.select(column, :id).to_a.map(&:keys).uniq).to eq([%i[naïve id]])
      expect(table.pluck(column)).to contain_exactly("é", nil)
      expect(table.where(column => nil).pluck(:id)).to eq([2])
      expect(table.where(column.to_sym => "é").pluck(:id)).to eq([1])
      expect(table.where(form.call("`naïve` = 'é'")).pluck(:id)).to eq([1])
      expect(table.append([{ id: 3 }], once: form.call("clé"))).not_to be_skipped
      expect(table.append([{ id: 3 }], once: "clé")).to be_skipped
      expect(table.append([{ id: 4 }], txn: { app_id: form.call("clé!"), version: 1 })).not_to be_skipped
      expect(table.append([{ id: 4 }], txn: { app_id: "clé!", version: 1 })).to be_skipped
    end

    it "are taken as what a table is called: #{name}" do
      made = DeltaLake.create(table_path("named"), schema: { naïve: :string }, partition_by: [], name: form.call("été"),
                                                   description: form.call("ça"),
                                                   properties: { form.call("clé") => form.call("là") })
      expect(made).to have_attributes(name: "été", description: "ça", properties: include("clé" => "là"))
    end
  end

  it "stay bytes as values" do
    expect(table.where(raw: "é".b).pluck(:id)).to eq([1])
    expect(table.where(id: 1).pluck(:raw)).to eq(["é".b])
  end

  it "are refused where they are something else" do
    rubbish = "na\xEFve"
    [rubbish, rubbish.b, rubbish.dup.force_encoding("US-ASCII"), rubbish.dup.force_encoding("Shift_JIS")].each do |text|
      { -> { DeltaLake.open(text) } => "the table's address is not UTF-8",
        -> { DeltaLake.open(path, storage: { text => 1 }) } => "a key of storage is not UTF-8",
        -> { DeltaLake.open(path, storage: { key: text }) } => "a value of storage is not UTF-8",
        -> { table.select(text) } => "a name that select takes is not UTF-8",
        -> { table.where(text => 1) } => "a name that where takes is not UTF-8",
        -> { table.where(text) } => "the SQL text that where takes is not UTF-8",
        -> { table.append([], once: text) } => "once is not UTF-8",
        -> { table.append([], txn: { app_id: text, version: 1 }) } => "the app_id of txn is not UTF-8",
        -> { table.alter { |a| a.description = text } } => "description is not UTF-8",
        -> { table.alter { |a| a.set_properties(key: text) } } => "a value of properties is not UTF-8" }
        .each { |call, message| expect(&call).to raise_error(ArgumentError, message) }
    end
  end
end
