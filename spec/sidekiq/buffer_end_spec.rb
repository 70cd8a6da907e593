# frozen_string_literal: true

require "deltalake/buffer"

RSpec.describe "Rows that a buffer takes while its process ends", :native do
  let(:other) { table_path("other") }

  before do
    create_table
    create_table(path: other)
  end

  def ids(path = table_path)
    DeltaLake.open(path).pluck(:id)
  end

  # The script has a buffer, and another for what the first one's table refuses.
  def ending(script, address: table_path, before: "", said: /\A\z/)
    ended = ruby(<<~RUBY)
      #{before}
      require "deltalake/buffer"
      last = ->(row, error) { puts "last resort \#{row}: \#{error.class}" }
      REFUSED = DeltaLake::Buffer.new(#{other.inspect}, age: 600, dead_letter: last)
      HERE = DeltaLake::Buffer.new(#{address.inspect}, age: 600, close_deadline: 0.5, on_error: ->(_) {},
                                   dead_letter: ->(row, _) { sleep(0.2); REFUSED.push(id: Integer(row[:id].to_s[/\\d+/])) })
      #{script}
    RUBY
    expect(ended.err).to match(said)
    ended
  end

  { "has not taken a row before" => "", "has" => "REFUSED.push(id: 0)" }.each do |kind, first|
    it "of another one's dead_letter are in the table where that one #{kind}" do
      ending("#{first}\nHERE.concat([{ id: 1 }, { id: 'bad 2' }])")
      expect([ids, ids(other) - [0]]).to eq([[1], [2]])
    end
  end

  it "of another one's dead_letter are in the table where that one could not be flushed" do
    ending("HERE.concat([{ id: 1 }, { id: 2 }])", address: table_path("away"))
    expect(ids(other)).to contain_exactly(1, 2)
  end

  it "in a thread that goes on, are in the table or were not taken" do
    ended = ending(<<~RUBY)
      $stdout.sync = true
      HERE.push(id: "bad 0")
      pushing = Thread.new do
        (1..).each { |i| HERE.push(id: i); puts i }
      rescue DeltaLake::BufferClosedError
        puts "closed"
      end
      sleep(0.05)
    RUBY
    taken = ended.out.lines(chomp: true) - ["closed"]
    expect(taken.size).to be > 10
    # It may be ended before it has said the last one.
    expect(ids).to match_array(1..taken.size).or match_array(1..(taken.size + 1))
  end

  it "at an exit that was asked for before, are in the table" do
    ending("HERE.push(id: 1)", before: "at_exit { HERE.push(id: 2).push(id: 'bad 3') }")
    expect([ids.sort, ids(other)]).to eq([[1, 2], [3]])
  end

  it "are not taken any more where it goes on and on" do
    ending(<<~RUBY, said: /process ends: no row was taken.*dead_letter has not taken a row.*"bad"/m)
      again = ->(row, _) { CIRCLE.push(row) }
      CIRCLE = DeltaLake::Buffer.new(#{table_path.inspect}, age: 600, dead_letter: again)
      CIRCLE.push(id: "bad")
    RUBY
  end
end
