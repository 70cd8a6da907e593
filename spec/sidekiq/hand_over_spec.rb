# frozen_string_literal: true

RSpec.describe "Rows that a buffer could not flush", :native, :sidekiq do
  before do
    require "deltalake/sidekiq"
    create_table
  end

  let(:broken) { File.join(tmpdir, "broken") }
  let(:environment) { { "TABLE" => table_path, "BROKEN" => broken } }

  def ids
    DeltaLake.open(table_path).pluck(:id)
  end

  def batch(rows, uncertain: false)
    DeltaLake::Buffer::Batch.new(table_path, 0).tap do |batch|
      rows.each { |row| batch.add(row, 1, 0.0) }
      batch.failed(uncertain: true) if uncertain
    end
  end

  def run_jobs
    Sidekiq::Queue.new.each do |job|
      job.delete
      Object.const_get(job.klass).new.perform(*JSON.parse(JSON.generate(job.args)))
    end
  end

  it "go to Redis with their process, and from there to the table, each once" do
    fleet = Array.new(3) { start_sidekiq("push", environment, timeout: 8) }
    started = 0
    push = lambda do |count|
      count.times { Sidekiq::Client.push("class" => "PushJob", "args" => [started += 1]) }
      wait_until("jobs have pushed their rows", progress: -> { redis("SCARD", "done") }) do
        redis("SCARD", "done") == started
      end
    end
    push.call(60)
    3.times do |place|
      File.write(broken, "")
      push.call(40)
      fleet[place].stop(:TERM)
      FileUtils.rm(broken)
      fleet[place] = start_sidekiq("push", environment, timeout: 8)
    end
    wait_until("all rows are in the table", progress: -> { ids.size }) do
      retry_failed
      ids.size >= started * 10
    end
    fleet.map { |process| Thread.new { process.stop(:TERM) } }.each(&:join)
    expect(ids).to match_array(10...((started + 1) * 10))
    said = fleet.map(&:log).join
    expect(said).to include("class=DeltaLake::Sidekiq::RePushJob")
    expect(said).not_to include("dead letter")
  end

  it "are lost by kill -9 at most where nobody was told that they are in the table" do
    process = start_sidekiq("push", environment, threads: 10)
    (1..400).each { |id| Sidekiq::Client.push("class" => "FlushJob", "args" => [id], "retry" => false) }
    wait_until("some are flushed") { redis("SCARD", "flushed") > 40 }
    process.stop(:KILL)
    told = redis("SMEMBERS", "flushed").map { |id| Integer(id) }
    expect(told - ids).to eq([])
    expect(ids.uniq.size).to eq(ids.size)
  end

  it "go in jobs of a thousand rows, with keys of their own where nothing was written" do
    given = batch(Array.new(2_500) { |i| { id: i } })
    expect(DeltaLake::Sidekiq::HandOver.new.call(given)).to eq(3)
    jobs = Sidekiq::Queue.new.to_a
    2.times { jobs.each { |job| Object.const_get(job.klass).new.perform(*job.args) } }
    expect(ids).to match_array(0...2_500)
    expect(jobs.map { |job| job.args[3].size }).to contain_exactly(1_000, 1_000, 500)
  end

  it "stay together where they may be in the table, and are not added again" do
    given = batch(Array.new(2_500) { |i| { id: i } }, uncertain: true)
    DeltaLake.open(table_path).append(given.rows, once: given.key)
    DeltaLake::Sidekiq::HandOver.new.call(given)
    expect(Sidekiq::Queue.new.size).to eq(1)
    run_jobs
    expect(ids).to match_array(0...2_500)
  end

  it "keep each other from nothing: a row that the table refuses has a job of its own" do
    DeltaLake::Sidekiq::HandOver.new(queue: "default").call(batch([{ id: 1 }, { id: nil }, { id: 3 }]))
    2.times do
      job = Sidekiq::Queue.new.find { |each| each.args[3].size == 3 }
      Object.const_get(job.klass).new.perform(*job.args)
    end
    expect(ids).to contain_exactly(1, 3)
    alone = Sidekiq::Queue.new.select { |job| job.args[3].size == 1 }
    expect(alone.map { |job| job.args[3] }).to eq([[{ "id" => nil }]])
    expect { DeltaLake::Sidekiq::RePushJob.new.perform(*alone.first.args) }
      .to raise_error(DeltaLake::SchemaMismatchError)
  end

  describe "of which the table refuses one" do
    %i[add append push].product(%i[before after]).each do |step, moment|
      it "are in the table once, whatever that takes later, and wherever the job is cut off (#{moment} #{step})" do
        owner = { add: DeltaLake::Sidekiq::SetAside, append: DeltaLake::Table,
                  push: DeltaLake::Sidekiq::RePushJob }[step]
        DeltaLake::Sidekiq::HandOver.new.call(batch([{ id: 1 }, { id: 2, note: "x" }, { id: 3 }]))
        whole = Sidekiq::Queue.new.first.tap(&:delete)
        cut(owner, step, moment) do
          expect { DeltaLake::Sidekiq::RePushJob.new.perform(*whole.args) }.to raise_error(Interrupt)
        end
        DeltaLake.open(table_path).alter { |change| change.add_column(:note, :string) }
        DeltaLake::Sidekiq::RePushJob.new.perform(*whole.args)
        run_jobs
        expect(ids).to contain_exactly(1, 2, 3)
      end
    end

    it "are not committed where Redis cannot be told of it" do
      DeltaLake::Sidekiq::HandOver.new.call(batch([{ id: 1 }, { id: nil }]))
      whole = Sidekiq::Queue.new.first
      allow_any_instance_of(DeltaLake::Sidekiq::SetAside).to receive(:add).and_raise(IOError)
      expect { DeltaLake::Sidekiq::RePushJob.new.perform(*whole.args) }.to raise_error(IOError)
      expect([ids, Sidekiq::Queue.new.size]).to eq([[], 1])
    end

    # Its process ends before that step, or after it.
    def cut(owner, step, moment)
      breaking = Module.new do
        define_method(step) do |*given, **options, &block|
          raise Interrupt if moment == :before

          super(*given, **options, &block)
          raise Interrupt
        end
      end
      owner.class_eval { prepend breaking }
      yield
    ensure
      breaking.remove_method(step)
    end
  end

  it "stay in the queue that they were handed over to, each on its own too" do
    DeltaLake::Sidekiq::HandOver.new(queue: :low).call(batch([{ id: 1 }, { id: nil }]))
    job = Sidekiq::Queue.new("low").first.tap(&:delete)
    DeltaLake::Sidekiq::RePushJob.new.perform(*job.args)
    expect(Sidekiq::Queue.all.to_h { |queue| [queue.name, queue.map { |each| each.args[3] }] })
      .to eq({ "low" => [[{ "id" => nil }]] })
    options = job.args[4].except("queue")
    DeltaLake::Sidekiq::RePushJob.new.perform(*job.args[0, 2], "of before", job.args[3], options)
    expect(Sidekiq::Queue.new("default").size).to eq(1)
  end

  it "are told apart where two are the same" do
    DeltaLake::Sidekiq::HandOver.new.call(batch([{ id: 1, country: 5 }, { id: 1, country: 5 }, { id: 2 }]))
    whole = Sidekiq::Queue.new.first.tap(&:delete)
    Object.const_get(whole.klass).new.perform(*whole.args)
    expect(ids).to eq([2])
    keys = Sidekiq::Queue.new.map { |job| job.args[2] }
    expect([keys.size, keys.uniq.size]).to eq([2, 2])
  end

  it "carry the name of the storage profile, and no secret" do
    DeltaLake.configure { |c| c.storage_profiles = { store: { secret_access_key: "hush" } } }
    DeltaLake::Sidekiq::HandOver.new(storage: :store).call(batch([{ id: 1 }]))
    job = Sidekiq::Queue.new.first
    expect(job.args[1]).to eq("store")
    expect(job.item.to_s).not_to include("hush")
  ensure
    DeltaLake.configure { |c| c.storage_profiles = {} }
  end

  it "are appended as their buffer does it: by its name, its profile, and what it does with other keys" do
    DeltaLake.configure do |c|
      c.tables = { orders: "s3://elsewhere/orders" }
      c.storage_profiles = { store: {} }
    end
    here = DeltaLake::Buffer.new(:orders, storage: :store, on_unknown: :ignore, age: 600, on_error: ->(_) {},
                                          dead_letter: ->(*) {}, hand_over: DeltaLake::Sidekiq::HandOver.new)
    here.push(id: 1, more: 2)
    here.close(deadline: 0)
    expect(Sidekiq::Queue.new.first.args[1]).to eq("store")
    DeltaLake.configure { |c| c.tables = { orders: table_path } }
    run_jobs
    expect(ids).to eq([1])
  ensure
    DeltaLake.configure { |c| c.tables = c.storage_profiles = {} }
  end

  it "go to dead_letter alone where they have no form in JSON" do
    deep = 100.times.inject("x") { |inner, _| [inner] }
    letters = []
    here = DeltaLake::Buffer.new("s3://elsewhere/orders", age: 600, on_error: ->(_) {},
                                                          dead_letter: ->(row, error) { letters << [row[:id], error] },
                                                          hand_over: DeltaLake::Sidekiq::HandOver.new)
    here.concat([{ id: 1 }, { id: 2, v: Object.new }, { id: 3, v: deep }, { id: 4 }])
    here.close(deadline: 0)
    expect(Sidekiq::Queue.new.map { |job| job.args[3] }).to eq([[{ "id" => 1 }, { "id" => 4 }]])
    expect(letters).to match([[2, be_a(TypeError)], [3, be_a(JSON::NestingError)]])
    expect(here.size).to eq(0)
  end

  it "go to dead_letter with the key of their job where Redis has it, and does not say so" do
    letters = []
    here = DeltaLake::Buffer.new(table_path("away"), rows: 1_001, age: 600, on_error: ->(_) {},
                                                     dead_letter: ->(*letter) { letters << letter },
                                                     hand_over: DeltaLake::Sidekiq::HandOver.new)
    here.concat([*Array.new(1_001) { |i| { id: i } }, { id: 1_001 }, { id: Object.new }])
    allow(Sidekiq::Client).to receive(:push_bulk).and_wrap_original do |original, *given|
      original.call(*given)
      raise IOError, "no answer"
    end
    expect(here.close(deadline: 0)).to be(false)
    keys = Sidekiq::Queue.new.flat_map { |job| job.args[3].map { |row| [row["id"], job.args[2]] } }
    unknown, other = letters.partition { |_, error| error.is_a?(DeltaLake::CommitOutcomeUnknownError) }
    expect(unknown.map { |row, error| [row[:id], error.message[/with once: "(.*)"/, 1]] }).to match_array(keys)
    expect(unknown.map { |_, error| error.cause.message }.uniq).to eq(["no answer"])
    expect([keys.size, other.map { |_, error| error.class }]).to eq([1_002, [TypeError]])
  end

  it "push no job where none of them has a form" do
    given = batch([{ id: Object.new }])
    expect(DeltaLake::Sidekiq::HandOver.new.call(given)).to eq(0)
    expect([Sidekiq::Queue.new.size, given.refused.values.map(&:class)]).to eq([0, [TypeError]])
  end

  describe "as JSON" do
    def round(value)
      DeltaLake::Sidekiq::RowJSON.load(JSON.parse(JSON.generate([DeltaLake::Sidekiq::RowJSON.dump(value)])).first)
    end

    it "are what they were" do
      values = [nil, true, 1, 2**70, 1.5, Float::INFINITY, "é", "\xff\x00".b, "\xff", "é".encode("ISO-8859-1"),
                BigDecimal("1.10"), Rational(1, 3), Date.new(2026, 1, 31), Time.at(1, 123_456_789, :nsec, in: "+02:00"),
                [1, ["a"]], { "a" => { "b" => nil } }, { 1 => "x", Date.new(2026) => 2 }, { "~" => %w[date x] }]
      values.each { |value| expect(round(value)).to eql(value) }
      expect(round({ a: :b })).to eq({ "a" => "b" })
      expect(round(Float::NAN)).to be_nan
      expect(round("\xff".b).encoding).to eq(Encoding::BINARY)
    end

    it "are the same days and moments, long ago and in any zone" do
      [Date.new(1, 1, 1, Date::GREGORIAN), Date.new(1500, 1, 1), Date.new(-5, 1, 1), Date.new(10_000, 1, 1),
       DateTime.new(2026, 1, 31), DateTime.new(1500, 1, 1, 12, 0, 1.123456789r, "+3"), Time.utc(-1, 1, 1),
       Time.new(1800, 1, 1, 0, 0, 0, 3208), Time.utc(10_000, 1, 1)].each do |value|
        expect(round(value)).to eql(shown(value))
        expect(%i[year mon mday].map { |part| round(value).public_send(part) })
          .to eq(%i[year mon mday].map { |part| value.public_send(part) })
      end
      expect { round(Date.new(1500, 2, 29)) }.to raise_error(TypeError, /1500-02-29/)
      expect(round(Time.new(1800, 1, 1, 0, 0, 0, 3208)).utc_offset).to eq(3208)
      expect(round(DateTime.new(2026, 1, 31, 12, 0, 0, "+3")).offset).to eq(Rational(1, 8))
    end

    # ActiveSupport's `to_time` is in the zone of the system.
    it "show the time that their own clock shows" do
      local = Time.new(2024, 5, 5, 12, 0, 0, "+05:00")
      moved = local.dup
      def moved.to_time = getlocal("+09:00")
      with_zone = Struct.new(:to_time, :utc_offset) { def acts_like_time? = true }.new(moved.to_time, 18_000)
      [moved, with_zone].each do |value|
        expect(round(value)).to eql(local)
        expect(round(value).hour).to eq(12)
      end
    end

    it "are Strings and nothing else, where they were of a class below it" do
      safe = Class.new(String) { def to_s = self }
      dumped = DeltaLake::Sidekiq::RowJSON.dump({ safe.new("a") => safe.new("é") })
      expect(dumped.to_a.flatten).to all(be_instance_of(String))
      expect(round(safe.new("\xff".b))).to eql("\xff".b)
    end

    it "are read as versions before wrote them" do
      expect(DeltaLake::Sidekiq::RowJSON.load([{ "~" => %w[date 2026-01-31] },
                                               { "~" => ["time", "2026-01-31T12:00:00.000000001+02:00"] }]))
        .to eql([Date.new(2026, 1, 31), Time.new(2026, 1, 31, 12, 0, 1r / 1_000_000_000, "+02:00")])
    end

    # The same day and time of day in the Gregorian calendar.
    def shown(value)
      return value unless value.is_a?(Date) && value.julian?

      first = Date.new(value.year, value.mon, value.mday, Date::GREGORIAN)
      value.gregorian + (first.jd - value.jd)
    end

    it "are refused where no column takes them" do
      expect { DeltaLake::Sidekiq::RowJSON.dump({ id: Object.new }) }.to raise_error(TypeError, /Object/)
    end
  end
end
