# frozen_string_literal: true

require "deltalake/buffer"

# Each row ends in one place, whatever breaks off who closes the buffer.
RSpec.describe "A buffer whose close is broken off", :native do
  let(:letters) { [] }
  let(:handed) { [] }
  let(:entered) { Queue.new }
  let(:gate) { Queue.new }

  # Its table is away, and who takes the rows over does not end.
  let(:buffer) do
    hand_over = lambda do |batch|
      entered << true
      gate.pop
      handed.concat(batch.rows)
    end
    DeltaLake::Buffer.new(table_path("away"), rows: 3, age: 600, close_deadline: 0.05, on_error: ->(_) {},
                                              dead_letter: ->(*letter) { letters << letter }, hand_over: hand_over)
  end

  def close_broken_off
    closing = Thread.new { buffer.close }
    closing.report_on_exception = false
    entered.pop
    yield closing
    closing.join
  rescue Interrupt
    nil
  end

  { "kill" => :kill.to_proc, "Interrupt" => ->(thread) { thread.raise(Interrupt) } }.each do |kind, break_off|
    it "leaves what was being handed over to dead_letter, and hands over the rest (#{kind})" do
      buffer.concat(Array.new(5) { |i| { id: i } })
      close_broken_off(&break_off)
      expect([buffer.size, letters, handed]).to eq([2, [], []])
      gate << true
      expect(buffer.close).to be(false)
      expect(letters.map { |row, error| [row[:id], error.class] })
        .to eq(Array.new(3) { |i| [i, DeltaLake::CommitOutcomeUnknownError] })
      expect([buffer.size, handed]).to eq([0, [{ id: 3 }, { id: 4 }]])
    end
  end

  it "is closed at the end of the process, where it was broken off with letters" do
    create_table
    ended = ruby(<<~RUBY)
      require "deltalake/buffer"
      calls = 0
      dead_letter = ->(row, _) { (calls += 1) == 1 ? raise(Interrupt) : puts("dead \#{row[:v]}") }
      here = DeltaLake::Buffer.new(#{table_path("away").inspect}, age: 600, on_error: ->(_) {}, dead_letter: dead_letter)
      here.concat([{ v: 1 }, { v: 2 }])
      begin
        here.close(deadline: 0)
      rescue Interrupt
        puts "broken off"
      end
    RUBY
    expect(ended.out.lines(chomp: true)).to eq(["broken off", "dead 1", "dead 2"])
  end

  # The first signal breaks off the wait for the threads that close, or the process ends with them.
  { "the default" => "", "a trap that exits" => "trap(:TERM) { exit(3) }" }.each do |kind, trap|
    it "hands over where signals come while the process ends (#{kind})" do
      ended = ruby(<<~RUBY)
        require "deltalake/buffer"
        #{trap}
        hand_over = lambda do |batch|
          2.times do
            Process.kill(:TERM, Process.pid)
            sleep(0.3)
          end
          $stdout.puts "handed \#{batch.rows}"
          $stdout.flush
        end
        here = DeltaLake::Buffer.new(#{table_path("away").inspect}, age: 600, close_deadline: 0.05, on_error: ->(_) {},
                                     dead_letter: ->(*) { puts "dead" }, hand_over: hand_over)
        here.push(id: 1)
      RUBY
      expect(ended.out).to match(/\Ahanded .*1}\]\n\z/)
      expect(ended.status).not_to be_success
    end
  end

  it "leaves rows to dead_letter where a signal comes and who takes them over does not end" do
    ended = ruby(<<~RUBY)
      require "deltalake/buffer"
      DeltaLake::Buffer::Registry.module_eval do
        remove_const(:PATIENCE)
        const_set(:PATIENCE, 0.2)
      end
      hand_over = lambda do |_|
        Process.kill(:TERM, Process.pid)
        sleep
      end
      dead_letter = ->(row, error) { puts "\#{row[:v]} \#{error.class}" }
      here = DeltaLake::Buffer.new(#{table_path("away").inspect}, rows: 1, age: 600, close_deadline: 0.05,
                                   on_error: ->(_) {}, dead_letter: dead_letter, hand_over: hand_over)
      2.times { |i| here.push(v: i) }
    RUBY
    expect(ended.out.lines(chomp: true))
      .to eq(["0 DeltaLake::CommitOutcomeUnknownError", "1 DeltaLake::DeadlineExceededError"])
    expect(ended.status).to be_signaled
  end

  # What the receiver does with its first row ends neither it nor the wait for it.
  def ending_with_letters(receiver, *rows)
    create_table
    ruby(<<~RUBY)
      require "deltalake/buffer"
      DeltaLake::Buffer.module_eval do
        remove_const(:LETTER) if const_defined?(:LETTER)
        const_set(:LETTER, 0.5)
      end
      calls = 0
      here = DeltaLake::Buffer.new(#{table_path.inspect}, age: 600, close_deadline: 0.3, on_error: ->(_) {},
                                   dead_letter: #{receiver}, hand_over: ->(batch) { puts "handed \#{batch.rows}" })
      here.concat(#{rows.inspect})
    RUBY
  end

  it "writes down the rows that a receiver which does not end has not taken" do
    ended = ending_with_letters("->(*) { sleep }", { id: 1 }, { id: "bad 1" }, { id: "bad 2" })
    expect(ended.err.scan(/dead_letter has not taken a row.*?(bad \d)/)).to eq([["bad 1"], ["bad 2"]])
    expect([ended.out, DeltaLake.open(table_path).pluck(:id)]).to eq(["", [1]])
  end

  it "writes down the rows that a receiver which raises has not taken" do
    ended = ending_with_letters("->(row, _) { row[:id] == 'bad 2' ? puts(row[:id]) : raise('away') }",
                                { id: "bad 1" }, { id: "bad 2" })
    expect(ended.err.scan(/dead_letter has not taken a row.*?(bad \d)/)).to eq([["bad 1"]])
    expect(ended.out).to eq("bad 2\n")
  end

  it "waits for a receiver that is slow" do
    rows = Array.new(30) { |i| { id: "bad #{i}" } }
    ended = ending_with_letters("->(row, _) { sleep(0.2); puts row[:id] }", *rows)
    expect(ended.out.lines(chomp: true)).to eq(Array.new(30) { |i| "bad #{i}" })
    expect(ended.err).to eq("")
  end

  it "counts a letter until it has been taken, and gives it to one thread" do
    taken = []
    letters = DeltaLake::Buffer::DeadLetters.new("table", lambda { |row, _|
      entered << true
      gate.pop
      taken << row
    })
    2.times { |i| letters.add({ id: i }, IOError.new) }
    first = Thread.new { letters.deliver }
    entered.pop
    others = Array.new(2) { Thread.new { letters.deliver } }
    sleep(0.01) until others.all?(&:stop?)
    expect([letters.size, taken]).to eq([2, []])
    2.times { gate << true }
    [first, *others].each(&:join)
    expect([letters.size, taken]).to eq([0, [{ id: 0 }, { id: 1 }]])
  end

  it "keeps letters of any number where the receiver is broken off" do
    count = 200_000
    letters = DeltaLake::Buffer::DeadLetters.new("table", ->(*) { raise Interrupt })
    error = IOError.new
    count.times { |i| letters.add({ id: i }, error) }
    expect { letters.deliver }.to raise_error(Interrupt)
    expect(letters.size).to eq(count)
  end
end
