# frozen_string_literal: true

desc "Compile as users get it, and measure (benchmark/run)"
task benchmark: :compile do
  sh "benchmark/run"
end

namespace :benchmark do
  desc "Compile as users get it, and measure syncs into servers (benchmark/sync)"
  task sync: :compile do
    sh "benchmark/sync"
  end
end
