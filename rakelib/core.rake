# frozen_string_literal: true

desc "Run the tests of the core crate, which need no Ruby (rake core -- a filter)"
task :core do
  filters = ARGV.drop_while { |argument| argument != "--" }.drop(1)
  sh "cargo", "test", "--locked", "-p", "deltalake-core", "--features", "testing", *filters
end
