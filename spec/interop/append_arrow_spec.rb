# frozen_string_literal: true

require_relative "libruby"
require_relative "python"

# Streams stay in their process, so Python takes Ruby into its own.
RSpec.describe "What we append of Python's Arrow streams", :python do
  include Libruby

  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  it "is every row, whatever types its producer has them in" do
    rows = [
      { id: 1, name: "ü", price: BigDecimal("1.25"), at: Time.utc(2026, 1, 2, 3, 4, 5, 678_901), tags: ["a", nil],
        point: { x: 1, y: "q" } },
      { id: 2, name: nil, price: nil, at: nil, tags: nil, point: nil },
      { id: 3, name: "a longer text than a view holds", price: BigDecimal("-3.5"),
        at: Time.utc(1969, 12, 31, 23, 59, 59), tags: [], point: { x: 3, y: nil } }
    ]
    done = python("append_arrow.py", libruby, File.expand_path("../../lib", __dir__), @folder)
    expect(done.size).to eq(7)
    done.each_with_index do |one, number|
      expect(DeltaLake.open(File.join(@folder, number.to_s)).to_a).to eq(rows), one["name"]
    end
  end
end
