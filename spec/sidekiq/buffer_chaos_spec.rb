# frozen_string_literal: true

require "deltalake/buffer"

# Everything around a buffer fails at random, and each row that was taken ends in one place.
RSpec.describe "A buffer around which all fails", :native do
  let(:random) { Random.new(RSpec.configuration.seed) }
  let(:table) { create_table({ id: "long not null", v: :long }) }
  # Where rows end besides the table.
  let(:dead) { Queue.new }
  let(:unsure) { Queue.new }
  let(:handed) { Queue.new }

  # Subscribers that raise, before the work or after it.
  subscribers = Class.new do
    define_method(:initialize) { |random| @random = random }

    def instrument(*)
      kind = @random.rand(20)
      raise "before" if kind.zero?
      raise NotImplementedError, "before" if kind == 1

      yield
    ensure
      raise "after" if kind == 2
    end
  end

  # Appends that fail before or after, break on a row, or end their thread.
  def spoil(kills:)
    original = table.method(:append)
    before = method(:fail_before)
    after = method(:fail_after)
    draw = random
    table.define_singleton_method(:append) do |rows, **options|
      kind = draw.rand(12)
      before.call(kind, rows, kills)
      original.call(rows, **options).tap { after.call(kind, kills) }
    end
  end

  def fail_before(kind, rows, kills)
    raise DeltaLake::StorageUnavailableError, "before" if kind.zero?
    raise IOError, "before" if kind == 1
    raise IOError, "of a row" if rows.any? { |row| row[:v] == 666 }

    Thread.current.kill if kills && kind == 2
  end

  def fail_after(kind, kills)
    raise DeltaLake::CommitOutcomeUnknownError, "after" if kind == 3
    raise IOError, "after" if kind == 4

    Thread.current.kill if kills && kind == 5
  end

  def bury(row, error)
    kind = random.rand(8)
    raise "not now" if kind.zero?
    raise NotImplementedError if kind == 1

    (error.is_a?(DeltaLake::CommitOutcomeUnknownError) ? unsure : dead) << row[:id]
  end

  def hand_over(batch)
    raise "Redis is away" if random.rand(6).zero?

    handed << batch
  end

  def buffer
    DeltaLake::Buffer.new(table, rows: random.rand(1..30), age: random.rand * 0.2, max_rows: random.rand(30..200),
                                 push_timeout: 60, on_error: ->(_) { raise "on_error" if random.rand(5).zero? },
                                 dead_letter: method(:bury), hand_over: method(:hand_over))
  end

  # The ids of what was taken.
  def push(here, poison:)
    Array.new(4) do |thread|
      Thread.new do
        Array.new(40) do |i|
          value = { 0 => "no number", 1 => (666 if poison) }.fetch(random.rand(25), 1)
          here.push(id: (thread * 1_000) + i, v: value)
          here.flush_soon if random.rand(10).zero?
          (thread * 1_000) + i
        end
      end
    end.flat_map(&:value)
  end

  # What `dead_letter` raised is given again.
  def close(here)
    here.close(deadline: [0, 0.05, 0.5].sample(random: random))
  rescue StandardError, NotImplementedError
    retry
  end

  def drain(queue)
    Array.new(queue.size) { queue.pop }
  end

  # As the jobs of a hand-over do.
  def ids
    opened = DeltaLake.open(table.uri)
    drain(handed).each do |batch|
      opened.append(batch.rows, once: batch.key, on_bad_row: ->(row, _) { dead << row[:id] })
    end
    opened.refresh.pluck(:id)
  end

  { "and threads are killed" => true, "and rows break appends" => false }.each do |what, kills|
    4.times do |round|
      it "loses no row and doubles none, #{what} (#{round})" do
        stub_const("DeltaLake::Buffer::Flusher::PAUSES", 0.005..0.05)
        spoil(kills: kills)
        taken = nil
        expect do
          telling(subscribers.new(random)) do
            here = buffer
            taken = push(here, poison: !kills)
            close(here)
          end
        end.to output(/a subscriber of/).to_stderr
        ended = ids + drain(dead)
        expect(ended.tally.select { |_, times| times > 1 }).to eq({})
        expect((ended + drain(unsure)).uniq).to match_array(taken)
      end
    end
  end
end
