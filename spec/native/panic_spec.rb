# frozen_string_literal: true

RSpec.describe "A panic" do
  %i[panic_in_future panic_in_method].each do |where|
    it "is an InternalError with message and place (#{where})" do
      expect { native.public_send(where, "höchst seltsam") }.to raise_error(DeltaLake::InternalError) do |error|
        expect(error.message).to match(/panic at \S*testing\.rs:\d+:\d+: höchst seltsam; this is a bug in deltalake/)
        expect(error.message.encoding).to eq(Encoding::UTF_8)
        expect(error).not_to be_retryable
      end
      expect(live_futures).to eq(0)
      expect(native.steps(1)).to eq(65_536)
    end
  end

  it "prints nothing, and the process lives and ends well" do
    ended = ruby(<<~RUBY)
      100.times do |i|
        NATIVE.public_send(i.odd? ? :panic_in_future : :panic_in_method, "round \#{i}")
      rescue DeltaLake::InternalError => e
        puts e.message[/round \\d+/]
      end
      puts NATIVE.steps(1)
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out.lines.map(&:chomp)).to eq([*(0...100).map { |i| "round #{i}" }, "65536"])
  end

  it "in one thread leaves the others alone" do
    others = Array.new(4) { Thread.new { native.sleep(0.3, nil) } }
    50.times { expect { native.panic_in_future("now") }.to raise_error(DeltaLake::InternalError) }
    expect(others.map(&:value)).to all(eq(65_536))
  end
end
