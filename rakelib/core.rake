# frozen_string_literal: true

desc "Run the tests of the core crate, with the object stores that are here (rake core -- a filter)"
task :core do
  filters = ARGV.drop_while { |argument| argument != "--" }.drop(1)
  sh "script/with_servers.rb", "cargo", "test", "--locked", "-p", "deltalake-core", "--features", "testing", *filters
end
