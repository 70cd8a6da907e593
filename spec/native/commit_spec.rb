# frozen_string_literal: true

RSpec.describe "A commit on the wire" do
  def committed
    native.counters[:committed]
  end

  it "is waited for by an interrupt, which is raised then" do
    before = committed
    taken = elapsed do
      expect { Timeout.timeout(0.1) { native.commit(0.5, 7, nil) } }.to raise_error(Timeout::Error)
    end
    expect(committed).to eq(before + 1)
    expect(taken).to be_between(0.5, 1)
  end

  it "is waited for by Thread#kill" do
    before = committed
    thread = quiet_thread { native.commit(0.5, 7, nil) }
    sleep(0.1)
    thread.kill.join
    expect(committed).to eq(before + 1)
    expect(thread.status).to be(false)
  end

  it "is waited for by a second interrupt too, and the newer one is raised" do
    before = committed
    thread = quiet_thread { native.commit(0.6, 7, nil) }
    sleep(0.1)
    thread.raise(IOError, "first")
    sleep(0.1)
    thread.raise(IOError, "second")
    expect { thread.join }.to raise_error(IOError, "second")
    expect(committed).to eq(before + 1)
  end

  it "outlasts the deadline, and counts when it lands" do
    expect(native.commit(0.5, 7, 0.1)).to eq(7)
  end

  it "lets other threads run while it is waited for" do
    thread = quiet_thread { native.commit(0.6, 7, nil) }
    sleep(0.05)
    thread.kill
    expect(ticks { thread.join }).to be >= 10
  end

  # One example, since each of them takes the whole grace of 5 s.
  describe "that gets no answer" do
    def outcome
      yield
    rescue StandardError, Interrupt => e
      e
    end

    let(:outcomes) do
      stopped = %i[raise kill].to_h do |stop|
        thread = quiet_thread { outcome { native.commit(8, 41, nil) } }
        [stop, thread]
      end
      late = quiet_thread { outcome { native.commit(8, 42, 0.1) } }
      timed_out = quiet_thread { outcome { Timeout.timeout(0.1) { native.commit(8, 43, nil) } } }
      sleep(0.2)
      stopped[:raise].raise(Interrupt, "stop")
      stopped[:kill].kill
      stopped.merge(late: late, timed_out: timed_out).transform_values(&:value)
    end

    it "is an outcome unknown, with the version, in every way but Thread#kill" do
      taken = elapsed { outcomes }
      expect(taken).to be_between(5, 6.5)
      expect(outcomes[:kill]).to be_nil
      unknown = outcomes.slice(:raise, :late, :timed_out)
      expect(unknown.values).to all(be_a(DeltaLake::CommitOutcomeUnknownError))
      expect(unknown.transform_values(&:version)).to eq(raise: 41, late: 42, timed_out: 43)
      expect(unknown.values.map(&:retryable?)).to all(be(false))
      expect(outcomes[:raise].cause).to be_a(Interrupt).and have_attributes(message: "stop")
    end
  end
end
