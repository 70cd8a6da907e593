# frozen_string_literal: true

RSpec.describe "Leaks" do
  # Runs `body` so many times, after a tenth of that to warm up; memory must stay where it was.
  def growth(rounds, body)
    ended = ruby(<<~RUBY, limit: 120)
      round = -> { #{body} }
      #{rounds / 10}.times { round.call }
      GC.start
      before = [rss, descriptors]
      #{rounds}.times { |i| [round.call, ((i % 100).zero? && GC.start)] }
      settle
      GC.start
      puts rss - before[0], descriptors - before[1], NATIVE.counters[:live]
    RUBY
    expect(ended).to have_succeeded
    grown, descriptors, live = ended.out.lines.map { |line| Integer(line) }
    expect([descriptors, live]).to eq([0, 0])
    grown
  end

  {
    "calls" => [20_000, "NATIVE.steps(1)"],
    "errors" => [5_000, 'begin; NATIVE.fail("corrupt_table", "x" * 20_000, "t", 1, "y" * 20_000); ' \
                        "rescue DeltaLake::Error; end"],
    "panics" => [2_000, 'begin; NATIVE.panic_in_future("x" * 50_000); rescue DeltaLake::InternalError; end'],
    "deadlines" => [2_000, "begin; NATIVE.sleep(30, 0.0001); rescue DeltaLake::DeadlineExceededError; end"],
    "streams that are closed" => [2_000, "stream = NATIVE::Stream.open(100_000); stream.next; stream.close"],
    "streams that are forgotten" => [2_000, "NATIVE::Stream.open(100_000).next"]
  }.each do |what, (rounds, body)|
    it "are none in #{rounds} #{what}" do
      expect(growth(rounds, body)).to be < 16 << 20
    end
  end
end
