# frozen_string_literal: true

# Finds Ruby objects that the native module let go too early:
# GC_STRESS=true collects at every allocation, GC_COMPACT=true moves objects before and after each example.
module GcHelper
  def with_gc_stress
    before = GC.stress
    GC.stress = true
    yield
  ensure
    GC.stress = before
  end

  def compact
    GC.compact if GC.respond_to?(:compact)
  end
end

RSpec.configure do |config|
  config.include GcHelper

  if ENV["GC_COMPACT"] == "true"
    config.before { compact }
    config.after { compact }
  end

  if ENV["GC_STRESS"] == "true"
    # A subset in which nothing runs would pass for ever.
    config.fail_if_no_examples = true
    # RSpec loads half of itself at the first expectation: not under stress.
    config.before(:suite) do
      extend RSpec::Matchers
      expect(true).to eq(true)
    end
    config.around { |example| with_gc_stress { example.run } }
  end
end
