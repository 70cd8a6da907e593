# frozen_string_literal: true

require "logger"
require "stringio"

RSpec.describe "Events", :native do
  let(:told) { EventRecorder.new }
  let(:table) { create_table }

  before { table.append(orders(0..2)) }

  def event(name)
    told.one(name)
  end

  it "tell of an append all that its commit tells" do
    commit = telling(told) { table.append(orders(3..9), once: "a") }
    expect(event(:append)).to include(
      operation: :append, table: table.uri, version: 2, rows: 7, files: commit.files, bytes: commit.bytes, attempts: 1,
      skipped: false, requests: commit.metrics[:requests].values.sum, retries: 0, duration: commit.duration
    )
    expect(event(:append)).not_to include(:error)
    skipped = telling(EventRecorder.new) { table.append(orders(3..9), once: "a") }
    expect(skipped).to be_skipped
  end

  it "tell of each operation" do
    telling(told) do
      DeltaLake.create(table_path("other"), schema: { id: :long })
      opened = DeltaLake.open(table_path)
      DeltaLake.table?(table_path)
      opened.refresh
      opened.append_json(['{"id": 5}'])
      opened.commit(opened.stage(orders(6..6)))
      opened.overwrite(orders(7..8))
      opened.alter { |a| a.add_column(:note, :string) }
      opened.checkpoint
      opened.clean_log
      opened.count
      opened.history
      opened.explain
      opened.tasks
      opened.arrow_c_stream
      opened.to_a
    end
    names = told.events.map { |name, _| name.delete_suffix(".deltalake").to_sym }
    expect(names).to eq(%i[create open exists refresh append_json stage commit overwrite alter checkpoint clean_log
                           count history explain tasks arrow_c_stream scan])
    expect(names).to match_array((DeltaLake::Instrumentation::WRITES + DeltaLake::Instrumentation::READS) -
                                 %i[append changes])
    expect(told.events.map(&:last)).to all(include(:table, :requests, :duration))
    expect(event(:open)).to include(version: 1, requests: be_positive)
    expect(event(:stage)).to include(rows: 1, files: 1)
    expect(event(:commit)).to include(rows: 1, version: 3)
    expect(event(:checkpoint)).to include(version: 5, skipped: false, bytes: be_positive)
    expect(event(:count)).to include(rows: 2, version: 5)
  end

  it "tell of a scan when it has ended, with rows and files" do
    table.append(orders(3..4))
    telling(told) { table.each(&:itself) }
    expect(event(:scan)).to include(rows: 5, files: 2, version: 2, complete: true, requests: be_positive,
                                    bytes_received: be_positive)
  end

  it "tell of every way to read rows, and of the rows that were taken" do
    table.append(orders(3..4))
    { 5 => -> { table.to_columns }, 4 => -> { table.limit(4).to_a }, 1 => -> { table.first },
      3 => -> { table.where(id: ..2).pluck(:id) }, 2 => -> { table.each_batch(size: 2).first } }.each do |rows, read|
      one = EventRecorder.new
      telling(one, &read)
      expect(one.events.map { |name, payload| [name, payload[:rows]] }).to eq([["scan.deltalake", rows]])
    end
  end

  it "tell of tasks and changes by the same name" do
    json = table.tasks.first.to_json
    fed = create_table(path: table_path("fed"), properties: { "delta.enableChangeDataFeed" => true })
    fed.append(orders(1..1))
    telling(told) { DeltaLake::ScanTask.load(json).to_a }
    expect(event(:scan)).to include(table: table.uri, version: 1, rows: 3, files: 1)
    one = EventRecorder.new
    telling(one) { fed.changes(from: 1).to_a }
    expect(one.events.map(&:first)).to eq(%w[changes.deltalake scan.deltalake])
    expect(one.events.last.last).to include(table: fed.uri, rows: 1)
  end

  it "tell that a scan was given up, and why where it failed" do
    telling(told) { table.each.first }
    expect(event(:scan)).to include(complete: false, rows: 3)
    expect(event(:scan)).not_to include(:error)
    one = EventRecorder.new
    File.delete(File.join(table_path, files_on_disk.first))
    expect { telling(one) { table.to_a } }.to raise_error(DeltaLake::CorruptTableError)
    expect(one.events.first.last).to include(complete: false, error: be_a(DeltaLake::CorruptTableError))
  end

  it "tell of errors" do
    expect { telling(told) { table.append([{ id: "x" }]) } }.to raise_error(DeltaLake::SchemaMismatchError)
    expect(event(:append)).to include(error: be_a(DeltaLake::SchemaMismatchError), duration: be_a(Float))
    expect { telling(told) { DeltaLake.open(table_path("none")) } }.to raise_error(DeltaLake::TableNotFoundError)
    expect(event(:open)).to include(error: be_a(DeltaLake::TableNotFoundError), table: table_path("none"))
  end

  it "go to whoever has `instrument`, and what does nothing is told of" do
    expect { DeltaLake.configure { |c| c.instrumenter = Object.new } }.to raise_error(TypeError, /`instrument`/)
    expect { DeltaLake.configure { |c| c.executor = 5 } }.to raise_error(TypeError, /executor must have .*`wrap`/)
    idle = Object.new.tap { |object| def object.instrument(*) = nil }
    expect { telling(idle) { table.append(orders(5..5)) } }.to raise_error(DeltaLake::ConfigurationError, /not call/)
    expect(DeltaLake.open(table_path).version).to eq(1)
    careless = Object.new.tap { |object| def object.instrument(*) = yield && :something_else }
    expect(telling(careless) { table.count }).to eq(3)
  end

  describe "whose subscriber raises" do
    def logged
      lines = StringIO.new
      DeltaLake.configure { |c| c.logger = Logger.new(lines) }
      yield
      lines.string
    ensure
      DeltaLake.configure { |c| c.logger = nil }
    end

    %i[before after].each do |moment|
      it "leave a call its answer (#{moment})" do
        told = EventRecorder.new(raises: moment)
        log = logged do
          expect(telling(told) { table.append(orders(3..4)) }).to have_attributes(version: 2, rows: 2)
          expect(telling(told) { table.to_a.size }).to eq(5)
          expect(telling(told) { DeltaLake.open(table_path).count }).to eq(5)
        end
        expect(log).to match(/ERROR.*a subscriber of append\.deltalake failed: EventRecorder::Failed: #{moment}/)
        expect(table.refresh.version).to eq(2)
      end

      it "leave a call its error (#{moment})" do
        told = EventRecorder.new(raises: moment)
        expect { telling(told) { table.append([{ id: "x" }]) } }
          .to raise_error(DeltaLake::SchemaMismatchError) { |e| expect(e.cause).not_to be_a(EventRecorder::Failed) }
          .and output(/a subscriber of append.deltalake failed/).to_stderr
        expect { telling(told) { table.each { |row| raise Interrupt if row } } }
          .to raise_error(Interrupt).and output(/a subscriber of scan.deltalake/).to_stderr
      end
    end

    it "show where nobody has a logger" do
      expect { telling(EventRecorder.new(raises: :after)) { table.count } }
        .to output("deltalake: a subscriber of count.deltalake failed: EventRecorder::Failed: after\n").to_stderr
    end

    it "raise where a block is left, which nobody can do again" do
      told = EventRecorder.new(raises: :after)
      expect { telling(told) { table.each { |row| break if row } } }.to raise_error(EventRecorder::Failed)
      thrown = -> { catch(:out) { telling(told) { table.each { |row| throw :out if row } } } }
      expect(&thrown).to raise_error(EventRecorder::Failed)
    end
  end

  it "hold nothing up where the logger raises" do
    broken = Object.new.tap { |logger| def logger.info = raise("disk full") }
    DeltaLake.configure { |c| c.logger = broken }
    expect { expect(table.append(orders(3..3)).version).to eq(2) }
      .to output(/the logger failed: disk full/).to_stderr
  ensure
    DeltaLake.configure { |c| c.logger = nil }
  end

  it "do a call once, and not without its error, whatever an instrumenter makes of the block" do
    twice = Object.new.tap { |object| def object.instrument(*) = [yield, yield] }
    expect(telling(twice) { table.append(orders(3..3)) }.version).to eq(2)
    expect(table.refresh.version).to eq(2)
    silent = Object.new
    def silent.instrument(*)
      yield
    rescue StandardError
      nil
    end
    expect { telling(silent) { table.append([{ id: "x" }]) } }.to raise_error(DeltaLake::SchemaMismatchError)
  end

  it "tell of checkpoints behind commits, with the next call" do
    quick = create_table(path: table_path("quick"), properties: { "delta.checkpointInterval" => 2 })
    telling(told) do
      2.times { |i| quick.append(orders(i..i)) }
      DeltaLake::Native.upkeep_wait(20.0)
      expect(told.all(:upkeep)).to eq([])
      quick.refresh
    end
    written = Dir[File.join(table_path("quick"), "_delta_log/*2.checkpoint.parquet")].sum { |file| File.size(file) }
    expect(event(:upkeep)).to eq(operation: :upkeep, table: quick.uri, version: 2, files: 2, bytes: written, expired: 0)
  end

  it "tell of upkeep that failed, and of none that nobody saw twice" do
    quick = create_table(path: table_path("quick"), properties: { "delta.checkpointInterval" => 1 })
    FileUtils.mkdir_p(File.join(table_path("quick"), "_delta_log", "00000000000000000001.checkpoint.parquet"))
    raising = EventRecorder.new(raises: :after)
    expect do
      telling(raising) do
        quick.append(orders(1..1))
        DeltaLake::Native.upkeep_wait(20.0)
        2.times { quick.refresh }
      end
    end.to output(/a subscriber of upkeep.deltalake failed/).to_stderr
    expect(raising.one(:upkeep)).to include(error: be_a(DeltaLake::Error))
  end

  it "are none where nobody is told" do
    expect(DeltaLake.configuration.instrumenter).to be_nil
    allocated = lambda do |&work|
      before = GC.stat(:total_allocated_objects)
      100.times(&work)
      (GC.stat(:total_allocated_objects) - before) / 100.0
    end
    bare = allocated.call { nil }
    source = table.snapshot
    told_of = allocated.call { DeltaLake::Instrumentation.tell(:count, source, version: 1) { nil } }
    expect(told_of - bare).to be <= 2
  end
end
