# frozen_string_literal: true

require "rubygems/package"
require_relative "../lib/deltalake/version"

# A gem for the platform and the Ruby that build it, with the library inside and nothing to compile.
module NativeGem
  STAGE = "tmp/native"

  def self.call
    spec = Gem::Specification.load("deltalake.gemspec").dup
    stage(spec)
    build = Extconf::Build.new(profile: "release", features: "")
    library = Compile.call(build, into: File.join(STAGE, "lib/deltalake"))
    spec.files += [library.delete_prefix("#{STAGE}/")]
    Dir.chdir(STAGE) { Gem::Package.build(spec) }
  end

  def self.stage(spec)
    spec.platform = Gem::Platform.local
    spec.extensions.clear
    spec.files = spec.files.grep_v(%r{\A(ext/|Cargo\.)})
    spec.required_ruby_version = abi_range
    FileUtils.rm_rf(STAGE)
    spec.files.each do |path|
      FileUtils.mkdir_p(File.join(STAGE, File.dirname(path)))
      FileUtils.cp(path, File.join(STAGE, path), preserve: true)
    end
  end

  # A native module loads under the minor version of Ruby that it was compiled for.
  def self.abi_range
    major, minor = RUBY_VERSION.split(".").map(&:to_i)
    [">= #{major}.#{minor}.0", "< #{major}.#{minor + 1}.dev"]
  end
end

desc "Build the source gem into pkg/"
task :gem do
  mkdir_p "pkg"
  sh Gem.ruby, "-S", "gem", "build", "deltalake.gemspec", "--output", "pkg/deltalake-#{DeltaLake::VERSION}.gem"
end

desc "Build a gem for this platform and Ruby into pkg/: it installs without Rust"
task :native do
  mkdir_p "pkg"
  built = NativeGem.call
  mv File.join(NativeGem::STAGE, built), "pkg/#{built}"
end
