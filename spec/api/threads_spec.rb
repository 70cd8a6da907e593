# frozen_string_literal: true

RSpec.describe "threads", :native do
  let(:table) { create_table }

  it "share one table: 8 append 25 times each, and all of it lands" do
    threads = Array.new(8) do |thread|
      Thread.new { Array.new(25) { |i| table.append([{ id: (thread * 25) + i }]).version } }
    end
    versions = threads.map(&:value)
    expect(versions).to eq(versions.map(&:sort))
    expect(versions.flatten).to match_array(1..200)
    expect(table.version).to eq(200)
    expect(table.pluck(:id)).to match_array(0...200)
    expect(strays).to eq([])
  end

  it "never see a handle go back" do
    seen = []
    watcher = Thread.new { loop { (seen << table.version) && Thread.pass } }
    Array.new(4) do |thread|
      Thread.new { 10.times { |i| table.append([{ id: (thread * 10) + i }]) && table.refresh } }
    end.each(&:join)
    watcher.kill.join
    expect(seen).to eq(seen.sort)
    expect(table.version).to eq(40)
  end

  it "share a scan and a snapshot" do
    table.append(orders(0..999))
    scan = table.where(country: "FR")
    results = Array.new(8) { Thread.new { [scan.count, scan.to_a, table.snapshot.pluck(:id)] } }.map(&:value)
    expect(results.uniq.size).to eq(1)
    expect(results.first.first).to eq(333)
  end

  it "cannot share one iteration, and are told so" do
    table.append(orders(0..9))
    enumerator = table.each
    enumerator.next
    expect { Thread.new { enumerator.next }.tap { |thread| thread.report_on_exception = false }.value }
      .to raise_error(FiberError)
  end

  it "come at once to what is used for the first time" do
    ended = ruby(<<~RUBY)
      table = DeltaLake.create(#{table_path.inspect}, schema: { id: :long })
      # Whatever looks a class up now lets the others come.
      Object.singleton_class.prepend(Module.new { def const_get(*) = sleep(0.05) && super })
      work = -> { table.append([{ id: 1 }]) && table.to_a && table.files.to_a && DeltaLake.open(table.uri) }
      Array.new(4) { Thread.new(&work) }.each(&:join)
      puts table.count
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("4\n")
  end
end
