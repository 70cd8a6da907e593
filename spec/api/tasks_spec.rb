# frozen_string_literal: true

RSpec.describe DeltaLake::ScanTask do
  let(:table) do
    create_table(partition_by: [:country]).tap { |t| 4.times { |i| t.append(orders((i * 10)..((i * 10) + 9))) } }
  end

  def sorted(rows)
    rows.sort_by { |row| row[:id] }
  end

  def reloaded(scan, **options)
    scan.tasks(**options).map { |task| described_class.load(task.to_json) }
  end

  it "gives the rows of the scan, each once, whatever is written meanwhile" do
    scan = table.where(id: 5..34, country: %w[DE US]).select(:id, :price)
    expected = sorted(scan.to_a)
    tasks = reloaded(scan, target_bytes: 1_000)
    expect(tasks.size).to be > 2
    table.append(orders(40..49))
    expect(sorted(tasks.flat_map(&:to_a))).to eq(expected)
    expect(tasks.sum(&:count)).to eq(expected.size)
    expect(tasks.map(&:version).uniq).to eq([4])
    expect(tasks.map(&:schema).uniq.map(&:names)).to eq([%i[id price]])
  end

  it "is read in every way" do
    task = table.where(id: 3..5).tasks.first
    rows = task.to_a
    expect(task.each.to_a).to eq(rows)
    expect(task.each_batch(size: 2).map(&:size)).to all(be <= 2)
    expect(task.each_batch.to_a.flatten).to eq(rows)
    expect(task.to_columns).to eq({ id: rows.map { |r| r[:id] }, country: rows.map { |r| r[:country] },
                                    price: rows.map { |r| r[:price] } })
    expect(task.map { |row| row[:id] }.sort).to eq([3, 4, 5])
    expect(task.count { |row| row[:id] > 3 }).to eq(2)
    expect(task.arrow_c_stream.to_i).to be_positive
  end

  it "tells its files and bytes, and is frozen" do
    tasks = table.tasks(target_bytes: 1)
    expect(tasks).to all(be_frozen)
    expect(tasks.flat_map { |task| task.files.map(&:path).to_a }).to match_array(table.files.map(&:path).to_a)
    expect(tasks.sum(&:bytes)).to eq(table.files.sum(&:size))
    expect(table.tasks.size).to eq(1)
    expect(create_table(path: table_path("empty")).tasks).to eq([])
  end

  it "reads in another process, and in one that forked" do
    json = table.where(country: "FR").tasks.map(&:to_json)
    script = "puts #{json.inspect}.sum { |task| DeltaLake::ScanTask.load(task).count }"
    expect(Integer(IO.popen([RbConfig.ruby, "-Ilib", "-rdeltalake", "-e", script], &:read))).to eq(13)
  end

  it "keeps every kind of value that rows are compared with" do
    types = { l: :long, d: "decimal(20,2)", f: :double, s: :string, b: :binary, day: :date, t: :timestamp,
              n: :timestamp_ntz, o: :boolean }
    time = Time.at(1_600_000_000, 123_456, :microsecond, in: "+02:00")
    row = { l: 2**60, d: BigDecimal("1.25"), f: 0.1, s: "ü'\0", b: "\xff\x00".b,
            day: Date.new(1500, 1, 1, Date::GREGORIAN), t: time, n: time, o: true }
    typed = create_table(types, path: table_path("typed")).tap { |t| t.append([row, {}]) }
    row.each do |name, value|
      [value, [value], [nil, value], (value..value unless [true].include?(value))].compact.each do |condition|
        scan = typed.where(name => condition)
        expect(reloaded(scan).flat_map(&:to_a)).to eq(scan.to_a), "#{name}: #{condition.inspect}"
        expect(scan.to_a).not_to be_empty
      end
    end
    nan = typed.where(f: Float::NAN)
    expect(reloaded(nan).flat_map(&:to_a)).to eq(nan.to_a)
    expect(reloaded(typed.where(t: DateTime.new(2020, 1, 1)..)).sum(&:count)).to eq(1)
    old = DateTime.new(1500, 1, 1, 12, 0, 0, "+3", Date::GREGORIAN)
    typed.append([{ t: old }])
    expect(reloaded(typed.where(t: old)).sum(&:count)).to eq(1)
  end

  it "cannot be made where there is a limit" do
    expect { table.limit(3).tasks }.to raise_error(ArgumentError, /limit cannot be split/)
    expect { table.tasks(target_bytes: 0) }.to raise_error(ArgumentError, /at least 1/)
  end

  it "holds no option of the store, and none of the users' own properties" do
    properties = { "delta.appendOnly" => true, "token" => "secret" }
    json = create_table(path: table_path("own"), properties: properties).tap do |t|
      t.append(orders(0..1))
    end.tasks.first.to_json
    expect(JSON.parse(json).keys).to eq(%w[format table columns conditions bytes read])
    expect(json).to include("appendOnly")
    expect(json).not_to include("secret")
  end

  it "is refused where the JSON is not one of a task" do
    good = JSON.parse(table.tasks.first.to_json)
    ["", "[1]", "{}", "null", "{\"format\":", "[" * 10_000, "\xff\xfe".b, "\"x\""].each do |text|
      expect { described_class.load(text) }.to raise_error(ArgumentError), text[0, 20]
    end
    expect { described_class.load(good) }.to raise_error(TypeError)
    expect { described_class.load(JSON.generate(good.merge("format" => 2))) }.to raise_error(ArgumentError, /format 2/)
    { "table" => [nil, 1, []], "bytes" => ["1"], "columns" => ["id", [1], ["nope"]], "read" => [nil, {}, []],
      "conditions" => [nil, {}, [1], [[]], [["nope", ["id"], 1]], [%w[= id]], [["=", ["nope"], 1]],
                       [["in", ["id"], 1]], [["=", ["id"], { "time" => [1] }]], [["=", ["id"], { "decimal" => "x" }]],
                       [["=", ["id"], { "what" => 1 }]], [["and", 7]], [%w[not x]], [["=", ["id"], { "date" => {} }]]] }
      .each do |key, values|
        values.each do |value|
          broken = JSON.generate(good.merge(key => value))
          expect { described_class.load(broken) }.to raise_error(ArgumentError), "#{key}: #{value.inspect}"
        end
      end
  end

  it "gives no rows of elsewhere, whatever paths the JSON has" do
    data = JSON.parse(table.tasks.first.to_json)
    data["read"]["files"][0]["path"] = "../../etc/passwd"
    task = described_class.load(JSON.generate(data))
    expect { task.to_a }.to raise_error(DeltaLake::CorruptTableError, /climbs/)
    data["read"]["files"][0]["path"] = "gone.parquet"
    expect { described_class.load(JSON.generate(data)).to_a }.to raise_error(DeltaLake::CorruptTableError, /gone/)
  end
end
