# frozen_string_literal: true

require_relative "lib/deltalake/version"

Gem::Specification.new do |spec|
  spec.name = "deltalake"
  spec.version = DeltaLake::VERSION
  spec.summary = "Delta Lake tables for Ruby"
  spec.description = "A native Delta Lake client: snapshots, time travel, filtered scans and safe concurrent " \
                     "appends from any Ruby process. The work is done in Rust, without holding Ruby's lock."
  spec.authors = ["The deltalake authors"]
  spec.license = "Apache-2.0"
  spec.required_ruby_version = ">= 3.1"

  # Globs and not git: the gem must also build from an unpacked archive.
  spec.files = Dir.chdir(__dir__) do
    built = %r{\Aext/.*(/target/|/Makefile\z|/mkmf\.log\z|\.(so|bundle|dylib|o)\z)}
    Dir["lib/**/*.{rb,rake,tt}", "sig/**/*.rbs", "exe/*", "ext/**/*", "Cargo.{toml,lock}",
        "{README,ARCHITECTURE,CHANGELOG}.md", "LICENSE"].select { |path| File.file?(path) }.grep_v(built).sort
  end
  spec.bindir = "exe"
  spec.executables = spec.files.grep(%r{\Aexe/}) { |path| File.basename(path) }
  spec.require_paths = ["lib"]
  spec.extensions = ["ext/deltalake/extconf.rb"]

  # A bundled gem and no longer a default one since Ruby 3.4, so Bundler wants it named.
  spec.add_runtime_dependency "bigdecimal", ">= 3.1"
  spec.metadata["rubygems_mfa_required"] = "true"
end
