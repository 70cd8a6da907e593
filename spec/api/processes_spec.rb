# frozen_string_literal: true

# Every script runs in a process of its own, so that a fork is one of a program and not of this suite.
RSpec.describe "processes", :native do
  before { create_table.append(orders(0..9)) }

  let(:prelude) do
    <<~RUBY
      table = DeltaLake.open(#{table_path.inspect})
      child = lambda do |&work|
        pid = fork do
          work.call
        rescue Exception => e
          warn e.full_message
          exit!(1)
        else
          exit!(0)
        end
        Process.wait2(pid).last.success? or abort "the child failed"
      end
    RUBY
  end

  it "append 25 times each, 4 of them at once: all lands, exactly once" do
    script = <<~RUBY
      table = DeltaLake.open(#{table_path.inspect})
      25.times { |i| table.append([{ id: (Process.pid * 100) + i }]) }
    RUBY
    ended = Array.new(4) { Thread.new { ruby(script, limit: 120) } }.map(&:value)
    expect(ended).to all(have_succeeded)
    table = DeltaLake.open(table_path)
    expect(table).to have_attributes(version: 101, count: 110)
    expect(table.pluck(:id).uniq.size).to eq(110)
    expect(versions_on_disk).to eq([*0..101])
    expect(strays).to eq([])
  end

  [1, 3].each do |commits|
    it "make the table anew, up to version #{commits}: a handle at version 3 moves to the new one" do
      expect(ruby("2.times { |i| DeltaLake.open(#{table_path.inspect}).append([{ id: i }]) }")).to have_succeeded
      table = DeltaLake.open(table_path)
      expect(table.version).to eq(3)
      expect(ruby(<<~RUBY)).to have_succeeded
        require "fileutils"
        FileUtils.rm_rf(#{table_path.inspect})
        table = DeltaLake.create(#{table_path.inspect}, schema: { sku: :string })
        #{commits}.times { |i| table.append([{ sku: "s\#{i}" }]) }
      RUBY
      table.refresh
      expect(table.version).to eq(commits)
      expect(table.schema.names).to eq(%i[sku])
      expect(table.append([{ sku: "last" }]).version).to eq(commits + 1)
      expect(DeltaLake.open(table_path).pluck(:sku)).to contain_exactly(*Array.new(commits) { |i| "s#{i}" }, "last")
    end
  end

  it "fork after use: the child works, and the parent again" do
    ended = ruby(<<~RUBY, limit: 120)
      #{prelude}
      20.times do |i|
        table.append([{ id: 100 + i }])
        child.call do
          table.append([{ id: 200 + i }])
          table.count == 12 + (2 * i) or abort "child counts \#{table.count}"
          DeltaLake.open(table.uri).to_a.size == table.count or abort "child reads"
        end
        table.refresh
      end
      puts table.count, table.to_a.size
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out.split).to eq(%w[50 50])
    expect(strays).to eq([])
  end

  it "fork in the middle of a scan: the parent goes on, and the child is told" do
    ended = ruby(<<~RUBY)
      #{prelude}
      table.append(Array.new(5000) { |i| { id: i } })
      scan = table.scan
      rows = scan.each
      ids = [rows.next[:id]]
      batches = scan.each_batch(size: 10)
      batches.next
      child.call do
        begin
          loop { batches.next }
          abort "the child went on with its parent's stream"
        rescue DeltaLake::ForkError => e
          e.retryable? or abort "not retryable"
          e.message.match?(/fork/) or abort e.message
        end
        scan.count == 5010 or abort "child's count"
        scan.to_a.size == 5010 or abort "child's rows"
        table.snapshot.schema.names.size == 3 or abort "child's schema"
      end
      ids << rows.next[:id] while ids.size < 5010
      begin
        rows.next
      rescue StopIteration
        puts ids.uniq.size, 10 + batches.size.to_i
      end
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out.split.first.to_i).to be >= 5000
  end

  it "fork in the middle of an append: the parent's lands, and the child's exit harms nothing" do
    ended = ruby(<<~RUBY)
      #{prelude}
      rows = Enumerator.new do |y|
        20_000.times do |i|
          y << { id: 1000 + i }
          child.call { DeltaLake.open(table.uri).append([{ id: 1 }]) } if i == 15_000
        end
      end
      puts table.append(rows).rows
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to eq("20000\n")
    expect(DeltaLake.open(table_path).count).to eq(20_011)
    expect(strays).to eq([])
  end

  it "fork while a thread waits for the next rows: the child's copy of that iteration is a ForkError" do
    ended = ruby(<<~RUBY)
      #{prelude}
      # A data file that never comes to an end: a pipe that nobody writes.
      file = Dir[File.join(table.uri, "*.parquet")].first
      File.unlink(file)
      File.mkfifo(file)
      stream = table.scan.instance_variable_get(:@native).stream(nil)
      waiting = Thread.new { stream.next(10) }
      sleep(0.02) until waiting.status == "sleep"
      child.call do
        stream.next(10)
        abort "the child went on with its parent's stream"
      rescue DeltaLake::ForkError => e
        e.message.match?(/opened before a fork/) or abort e.message
      end
      waiting.kill.join
      puts "ended"
      # The reader of the pipe would be waited for at exit.
      File.open(file, File::WRONLY | File::NONBLOCK).close
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to end_with("ended\n")
  end
end
