# frozen_string_literal: true

RSpec.describe "contention", :native do
  def contend(writers, appends)
    contention = Contention.new(uri, storage: storage, appends: appends) { |script| ruby(script, limit: 280) }
    expect(contention.run(writers, File.join(tmpdir, "stop"))).to all(have_succeeded)
    expect(contention.wrong(writers)).to be_nil
  end

  on_stores(:s3, :dynamodb, :azure, :gcs) do
    it "loses and doubles nothing among 8 processes" do
      contend(8, 25)
    end

    it "loses and doubles nothing among 32 processes", :long do
      contend(32, 25)
    end
  end

  # Those who want the same object wait for each other there, for seconds where they are many.
  on_stores(:seaweedfs) do
    it "loses and doubles nothing among 3 processes" do
      contend(3, 10)
    end

    it "loses and doubles nothing among 6 processes", :long do
      contend(6, 25)
    end
  end
end
