# frozen_string_literal: true

RSpec.describe "contention", :native do
  def contend(writers)
    contention = Contention.new(table_path) { |script| ruby(script, limit: 280) }
    expect(contention.run(writers, File.join(tmpdir, "stop"))).to all(have_succeeded)
    expect(contention.wrong(writers)).to be_nil
  end

  it "loses and doubles nothing among 8 processes" do
    contend(8)
  end

  it "loses and doubles nothing among 32 processes", :long do
    contend(32)
  end
end
