# frozen_string_literal: true

require_relative "../ext/deltalake/extconf/build"
require_relative "../ext/deltalake/extconf/toolchain"

ENV["CARGO_TARGET_DIR"] ||= File.join(Extconf::Build::ROOT, "target")

# Cargo decides what is stale, so these always run; the library is replaced in one step for processes that have it open.
module Compile
  def self.call(build, into:)
    missing = Extconf::Toolchain.new.missing
    abort missing.join("\n") unless missing.empty?
    Rake.sh(build.environment, *build.command)
    FileUtils.mkdir_p(into)
    library = File.join(into, build.library_name)
    FileUtils.cp(build.artifact, "#{library}.new")
    File.rename("#{library}.new", library)
    library
  end
end

desc "Compile the native module as users get it into lib/deltalake"
task :compile do
  Compile.call(Extconf::Build.new, into: "lib/deltalake")
end

namespace :compile do
  desc "Compile the native module for the specs: dev profile, with the methods that only specs need"
  task :dev do
    Compile.call(Extconf::Build.new(profile: "dev", features: "testing"), into: "lib/deltalake")
  end
end
