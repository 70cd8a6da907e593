# frozen_string_literal: true

require "pathname"
require "timeout"

# Calls end soon when their thread is asked to, and leave nothing behind.
RSpec.describe "interrupts", :native do
  # An end that never comes, for appends; and a long one, for reads.
  let(:endless) { Enumerator.new { |rows| (0..).each { |i| rows << { id: i, country: "x" * 100 } } } }
  let!(:table) { create_table }

  def descriptors
    GC.start
    Dir.children("/proc/self/fd").size
  end

  def settled(limit)
    100.times { yield <= limit ? break : sleep(0.02) }
    yield
  end

  # Made here, and not by a thread that may be killed over it.
  before { table }

  it "Timeout ends an append, which leaves no files" do
    took = elapsed { expect { Timeout.timeout(0.5) { table.append(endless) } }.to raise_error(Timeout::Error) }
    expect(took).to be < 0.5 + 0.4
    expect(versions_on_disk).to eq([0])
    expect(strays).to eq([])
    expect(table.append(orders(1..1)).version).to eq(1)
  end

  it "Thread#kill ends an append, which leaves no files" do
    5.times do |i|
      thread = Thread.new { table.append(endless) }
      sleep(0.1 * i)
      took = elapsed { thread.kill.join }
      expect(took).to be < 0.4
    end
    expect(versions_on_disk).to eq([0])
    expect(strays).to eq([])
  end

  it "Thread#kill and Timeout end a checkpoint, which leaves the table as it was" do
    add = { partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, stats: "{\"numRecords\":1}" }
    lines = Array.new(200_000) { |i| { add: add.merge(path: "part-#{i}.parquet") }.to_json }
    File.write(commit_file(1), lines.join("\n"))
    table.refresh
    thread = Thread.new { table.checkpoint }
    sleep(0.1)
    expect(elapsed { thread.kill.join }).to be < 0.4
    expect(elapsed { expect { Timeout.timeout(0.1) { table.checkpoint } }.to raise_error(Timeout::Error) }).to be < 0.5
    expect { table.checkpoint(deadline: 0.05) }.to raise_error(DeltaLake::DeadlineExceededError)
    expect(Dir.children(File.dirname(commit_file(0))).grep(/checkpoint/)).to eq([])
    expect(table.checkpoint.files).to eq(200_000)
  end

  it "Thread#kill and Timeout end append_json, which leaves no files" do
    file = Pathname(tmpdir).join("rows.jsonl")
    file.write("{\"id\":1,\"country\":\"#{'x' * 50}\"}\n" * 1_000_000)
    lines = Enumerator.new { |rows| loop { rows << '{"id":1}' } }
    pipe, = IO.pipe
    [-> { loop { table.append_json(file) } }, -> { table.append_json(lines) }, lambda {
                                                                                 table.append_json(pipe)
                                                                               }].each do |work|
      thread = Thread.new(&work)
      sleep(0.2)
      expect(elapsed { thread.kill.join }).to be < 0.4
      expect(elapsed { expect { Timeout.timeout(0.2) { work.call } }.to raise_error(Timeout::Error) }).to be < 0.6
    end
    expect(strays).to eq([])
    version = versions_on_disk.last
    expect { table.append_json(file, deadline: 0.05) }.to raise_error(DeltaLake::DeadlineExceededError)
    expect { table.append_json(lines, deadline: 0.2) }.to raise_error(DeltaLake::DeadlineExceededError)
    expect([versions_on_disk.last, strays]).to eq([version, []])
  end

  it "Thread#kill and Timeout end an append of an Arrow stream, which leaves no files" do
    table.append(Array.new(50_000) { |i| { id: i, country: "country #{i}" } })
    copy = create_table(path: table_path("copy"))
    thread = Thread.new { loop { copy.append(table.scan) } }
    sleep(0.3)
    expect(elapsed { thread.kill.join }).to be < 0.4
    expect(elapsed do
             expect do
               Timeout.timeout(0.2) do
                 loop do
                   copy.append(table.scan)
                 end
               end
             end.to raise_error(Timeout::Error)
           end)
      .to be < 0.6
    expect(strays(table_path("copy"))).to eq([])
    expect { copy.append(table.scan, deadline: 0.001) }.to raise_error(DeltaLake::DeadlineExceededError)
    expect(copy.count % 50_000).to eq(0)
  end

  it "Thread#raise comes through as it is" do
    thread = quiet_thread { table.append(endless) }
    sleep(0.2)
    thread.raise(KeyError, "mine")
    expect { thread.value }.to raise_error(KeyError, "mine")
    expect(strays).to eq([])
  end

  describe "of reads" do
    before { table.append(Array.new(50_000) { |i| { id: i, country: "country #{i}", price: i } }) }

    { "each" => ->(t) { loop { t.each(&:itself) } }, "to_a" => ->(t) { loop { t.to_a } },
      "pluck" => ->(t) { loop { t.pluck(:id) } }, "count" => ->(t) { loop { t.where(price: 1..).count } },
      "open" => ->(t) { loop { DeltaLake.open(t.uri) } } }.each do |name, call|
      it "end #{name}" do
        files = descriptors
        3.times do |i|
          thread = Thread.new { call.call(table) }
          sleep(0.1 + (0.07 * i))
          took = elapsed { thread.kill.join }
          expect(took).to be < 0.3
        end
        expect(elapsed do
                 expect do
                   Timeout.timeout(0.1) do
                     call.call(table)
                   end
                 end.to raise_error(Timeout::Error)
               end).to be < 0.4
        expect(settled(files) { descriptors }).to be <= files
        expect(table.count).to eq(50_000)
      end
    end
  end

  it "Ctrl-C ends a process in the middle of a scan and of an append" do
    table.append(orders(0..9))
    ["loop { table.each { nil } }", "table.append(Enumerator.new { |y| loop { y << { id: 1 } } })"].each do |work|
      ended = ruby(<<~RUBY) { |out, pid| out.gets && sleep(0.3) && Process.kill(:INT, pid) && nil }
        begin
          table = DeltaLake.open(#{table_path.inspect})
          puts "ready"
          #{work}
        rescue Interrupt
          puts "interrupted"
        end
      RUBY
      expect(ended.out).to include("interrupted")
      expect(ended).to have_succeeded
    end
    expect(versions_on_disk).to eq([0, 1])
    expect(strays).to eq([])
  end

  it "an abandoned Enumerator leaves nothing open" do
    table.append(orders(0..9))
    files = descriptors
    20.times { table.each.next }
    table.each { |row| row[:id] && break }
    expect(settled(files) { descriptors }).to be <= files
  end
end
