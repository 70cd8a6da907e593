# frozen_string_literal: true

require "stringio"

RSpec.describe DeltaLake::CurrentJob do
  let(:table) { create_table }

  def keys(of = table)
    DeltaLake.open(of.uri).transactions.keys.map { |key| key.delete_prefix("once:") }
  end

  def run(id = "a", **options, &)
    described_class.with(id, **options, &)
  end

  it "adds nothing twice where the job is run again" do
    work = lambda do
      [table.append(orders(1..2), once: :job), table.append(orders(3..3), once: :job),
       table.append(orders(4..4), once: { job: "more" })]
    end
    expect(run(&work).map(&:skipped?)).to eq([false, false, false])
    expect(run(&work).map(&:skipped?)).to eq([true, true, true])
    expect(run("b", &work).map(&:skipped?)).to eq([false, false, false])
    expect(keys).to contain_exactly("a/1", "a/2", "a/more", "b/1", "b/2", "b/more")
  end

  it "is there for every write" do
    run do
      table.append_json(StringIO.new('{"id":1}'), once: :job)
      table.overwrite(orders(2..2), once: :job)
      table.commit(table.stage(orders(3..3)), once: :job)
      table.commit(table.stage(orders(4..4)), once: { "job" => :staged })
    end
    expect(keys).to contain_exactly("a/1", "a/2", "a/3", "a/staged")
    expect(DeltaLake.open(table.uri).pluck(:id)).to contain_exactly(2, 3, 4)
  end

  it "counts per table, by whatever address" do
    other = create_table(path: table_path("other"))
    File.symlink(table_path, table_path("link"))
    run do
      [table, other, DeltaLake.open(table_path("link"))].each { |each| each.append(orders(1..1), once: :job) }
    end
    expect(keys).to contain_exactly("a/1", "a/2")
    expect(keys(other)).to eq(["a/1"])
  end

  it "goes on counting in a job of the same id, and anew in one of another" do
    run do
      table.append(orders(1..1), once: :job)
      run("b") do
        table.append(orders(2..2), once: :job)
        run { table.append(orders(3..3), once: :job) }
      end
      table.append(orders(4..4), once: :job)
    end
    expect(keys).to contain_exactly("a/1", "b/1", "a/2", "a/3")
    expect(described_class.current).to be_nil
  end

  it "is nobody's outside of a job, nor in threads and fibers that a job starts" do
    append = -> { table.append(orders(1..1), once: :job) }
    expect(&append).to raise_error(ArgumentError, %r{deltalake/sidekiq.*CurrentJob\.with})
    run do
      expect { Thread.new(&append).tap { |thread| thread.report_on_exception = false }.join }
        .to raise_error(ArgumentError)
      expect { Fiber.new(&append).resume }.to raise_error(ArgumentError)
      key = described_class.key("part")
      Thread.new { table.append(orders(1..1), once: key) }.join
    end
    expect(keys).to eq(["a/part"])
  end

  it "cannot count in a process that the job has forked" do
    said = run do
      table.append(orders(1..1), once: :job)
      in_child do
        append = -> { table.append(orders(2..2), once: :job) }
        inner = -> { described_class.queued("b", Object, -> { [] }, &append) }
        told = [append, inner].map { |write| message_of(&write) }
        table.append(orders(3..3), once: { job: "part" })
        run("mine", &append)
        told
      end
    end
    expect(said).to match([/another process.*CurrentJob\.key\(name\), made before/, /inline in one of another process/])
    expect(keys).to contain_exactly("a/1", "a/part", "mine/1")
  end

  def in_child
    reader, writer = IO.pipe
    pid = fork do
      writer.write(Marshal.dump(yield))
    ensure
      writer.close
      exit!
    end
    writer.close
    Marshal.load(reader.read).tap { Process.wait(pid) } # rubocop:disable Security/MarshalLoad
  end

  def message_of
    yield
    nil
  rescue ArgumentError => e
    e.message
  end

  it "does not guess after a write that failed" do
    run do
      expect { table.append([{ id: nil }], once: :job) }.to raise_error(DeltaLake::SchemaMismatchError)
      expect { table.append(orders(1..1), once: :job) }.to raise_error(ArgumentError, /write 1 of job a .* name its/)
      table.append(orders(1..1), once: { job: "named" })
      expect { table.append([{ id: nil }], once: { job: "bad" }) }.to raise_error(DeltaLake::SchemaMismatchError)
      table.append(orders(2..2), once: { job: "bad" })
    end
    run { table.append(orders(3..3), once: :job) }
    expect(keys).to contain_exactly("a/named", "a/bad", "a/1")
  end

  it "takes a name once for a table in a run, and again after a failure" do
    other = create_table(path: table_path("other"))
    [true, false].each do |first|
      run do
        named = ->(of, *rows) { of.append(rows, once: { job: :part }) }
        expect { named.call(table, { id: nil }) }.to raise_error(DeltaLake::SchemaMismatchError) if first
        expect(named.call(table, { id: 1 }).skipped?).to be(!first)
        [table, DeltaLake.open(table.uri)].each do |again|
          expect { named.call(again, { id: 2 }) }
            .to raise_error(ArgumentError, /already written "part" to this table: give each write its own name/)
        end
        expect { table.overwrite([{ id: 3 }], once: { job: "part" }) }.to raise_error(ArgumentError)
        named.call(other, { id: 4 })
      end
    end
    expect([table, other].map { |each| DeltaLake.open(each.uri).pluck(:id) }).to eq([[1], [4]])
  end

  it "asks for names where a job goes on in its middle" do
    run("a", resumes: true) do
      expect { table.append(orders(1..1), once: :job) }.to raise_error(ArgumentError, /name each/)
      table.append(orders(1..1), once: { job: "page-1" })
    end
    expect(keys).to eq(["a/page-1"])
  end

  it "refuses names that could be taken for another" do
    run do
      ["", "7", "a/b"].each do |name|
        expect { table.append(orders(1..1), once: { job: name }) }.to raise_error(ArgumentError, /name of a job's/)
      end
      expect { table.append(orders(1..1), once: { job: 7 }) }.to raise_error(TypeError)
      expect { table.append(orders(1..1), once: { task: "a" }) }.to raise_error(ArgumentError, /once takes/)
    end
    expect { run("") { nil } }.to raise_error(ArgumentError)
    expect { run(nil) { nil } }.to raise_error(TypeError)
    expect(table.refresh.version).to eq(0)
  end

  it "has the id of ActiveJob's, which a retry keeps" do
    begin
      require "active_job"
    rescue LoadError
      skip "there is no ActiveJob"
    end
    require "deltalake/active_job"
    here = table
    job = Class.new(ActiveJob::Base) do
      include DeltaLake::ActiveJob
      self.logger = nil

      define_method(:perform) { here.append([{ id: 1 }], once: :job) }
    end.new
    2.times { job.perform_now }
    expect(keys).to eq(["#{job.job_id}/1"])
  end
end
