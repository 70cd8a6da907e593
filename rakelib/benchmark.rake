# frozen_string_literal: true

desc "Compile as users get it, and measure (benchmark/run)"
task benchmark: :compile do
  sh "benchmark/run"
end
