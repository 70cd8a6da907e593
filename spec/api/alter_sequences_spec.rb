# frozen_string_literal: true

# Random changes and appends against a model: rows that are told what the table is told. A seed makes the same
# run again: ALTER_SEED=7 rspec spec/api/alter_sequences_spec.rb
RSpec.describe "Random changes of tables" do
  # The rows, and how the columns are called.
  model = Class.new do
    attr_reader :rows, :columns

    def initialize(random, table)
      @random = random
      @table = table
      @rows = []
      @columns = { "id" => :integer, "s" => :string }
      @names = 0
    end

    def step
      case @random.rand(10)
      when 0..3 then append
      when 4, 5 then add
      when 6 then drop
      when 7, 8 then rename
      else widen
      end
    end

    def append
      added = Array.new(@random.rand(1..3)) do
        @columns.to_h { |name, type| [name.to_sym, @random.rand(4).zero? ? nil : value(type)] }
      end
      @table.append(added)
      @rows.concat(added)
    end

    # Names of columns that are gone come again.
    def add
      name = free_name
      type = %i[byte integer string].sample(random: @random)
      first = @random.rand(3).zero?
      @table.alter { |a| a.add_column name, type, first: first }
      @columns = first ? { name => type }.merge(@columns) : @columns.merge(name => type)
      @rows.each { |row| row[name.to_sym] = nil }
    end

    def drop
      return if @columns.size < 3

      name = (@columns.keys - ["id"]).sample(random: @random)
      @table.alter { |a| a.drop_column name }
      @columns.delete(name)
      @rows.each { |row| row.delete(name.to_sym) }
    end

    def rename
      name = (@columns.keys - ["id"]).sample(random: @random)
      to = free_name
      @table.alter { |a| a.rename_column name, to }
      @columns = @columns.transform_keys { |column| column == name ? to : column }
      @rows.each { |row| row[to.to_sym] = row.delete(name.to_sym) }
    end

    def widen
      wider = { byte: :integer, integer: :long }
      name, type = @columns.select { |_, of| wider.key?(of) }.to_a.sample(random: @random)
      return if name.nil?

      @table.alter { |a| a.change_type name, wider.fetch(type) }
      @columns[name] = wider.fetch(type)
    end

    private

    def free_name
      names = (%w[a b c d] + ["odd name"]) - @columns.keys
      names.empty? ? "x#{@names += 1}" : names.sample(random: @random)
    end

    def value(type)
      case type
      when :byte then @random.rand(-128..127)
      when :integer then @random.rand(-(2**31)..((2**31) - 1))
      when :long then @random.rand(-(2**60)..(2**60))
      else "text #{@random.rand(100)}"
      end
    end
  end

  def shown(rows, names)
    rows.map { |row| names.map { |name| row.fetch(name) } }.sort_by(&:inspect)
  end

  seeds = ENV.key?("ALTER_SEED") ? [Integer(ENV.fetch("ALTER_SEED"), 10)] : Array.new(6) { Random.new_seed % 1_000_000 }
  seeds.each do |seed|
    it "end as the model does, with seed #{seed}" do
      random = Random.new(seed)
      mode = %w[name id].sample(random: random)
      table = create_table({ id: :integer, s: :string },
                           properties: { "delta.columnMapping.mode" => mode, "delta.enableTypeWidening" => true })
      told = model.new(random, table)
      30.times { told.step }
      read = DeltaLake.open(table.uri)
      names = told.columns.keys.map(&:to_sym)
      expect(read.schema.names).to eq(names)
      expect(shown(read.to_a, names)).to eq(shown(told.rows, names))
      names.each do |name|
        value = told.rows.filter_map { |row| row[name] }.first or next
        expect(shown(read.where(name => value), names)).to eq(shown(told.rows.select { |r| r[name] == value }, names))
      end
    end
  end
end
