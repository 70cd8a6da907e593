# frozen_string_literal: true

require_relative "../ext/deltalake/extconf/build"

desc "Every static check"
task lint: %i[layers crates rustfmt clippy rubocop]

desc "Check the formatting of the crates"
task :rustfmt do
  sh "cargo", "fmt", "--all", "--check"
end

# The same profile, features and Ruby as compile:dev, so that both share what cargo has built.
desc "Lint the crates"
task :clippy do
  sh Extconf::Build.new(profile: "dev").environment, "cargo", "clippy", "--locked", "--workspace", "--all-targets",
     "--features", "deltalake/testing", "--", "-D", "warnings"
end

desc "Lint the Ruby files"
task :rubocop do
  sh "rubocop", "--format", "simple"
end
