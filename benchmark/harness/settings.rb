# frozen_string_literal: true

module Comparison
  # How much is measured. BENCH_SMOKE=1 makes all of it small, to see that it works; each number also
  # has a variable of its own.
  class Settings
    SIZES = {
      rows: [1_000_000, 20_000], files: [1_000_000, 20_000], small_files: [1_000, 50], commits: [10_000, 200],
      appends: [30, 5], repeats: [5, 1], turns: [25, 4], crowd: [32, 6],
      delay_ms: [50, 10], distant_files: [100, 12], large_rows: [4_000_000, 20_000]
    }.freeze

    attr_reader(*SIZES.keys)

    def initialize(environment = ENV)
      @smoke = environment["BENCH_SMOKE"] == "1"
      SIZES.each do |name, (full, small)|
        value = environment.fetch("BENCH_#{name.to_s.upcase}") { @smoke ? small : full }
        instance_variable_set(:"@#{name}", Integer(value))
      end
    end

    # What takes seconds is done that often.
    def few
      [3, repeats].min
    end

    def smoke?
      @smoke
    end
  end
end
