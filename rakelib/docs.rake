# frozen_string_literal: true

namespace :docs do
  desc "Ruby documentation into doc/ (needs yard)"
  task :ruby do
    sh "yard", "doc", "--quiet", "--fail-on-warning", "--output-dir", "doc", "lib/**/*.rb"
  end

  desc "Rust documentation; a broken link fails"
  task :rust do
    sh({ "RUSTDOCFLAGS" => "-D warnings" }, "cargo", "doc", "--locked", "--no-deps", "-p", "deltalake-core")
  end
end

desc "All documentation"
task docs: %w[docs:ruby docs:rust]
