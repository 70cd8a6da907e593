# frozen_string_literal: true

require "open3"
require_relative "../../ext/deltalake/extconf/build"
require_relative "../../ext/deltalake/extconf/makefile"

RSpec.describe Extconf::Makefile do
  let(:folder) { File.join(tmpdir, "a b$c").tap { |path| FileUtils.mkdir_p(path) } }
  let(:crate) { File.join(folder, "crate") }
  let(:log) { File.join(folder, "log") }
  let(:installed) { File.join(tmpdir, "root/site/deltalake/deltalake.#{RbConfig::CONFIG['DLEXT']}") }

  before { stub_const("Extconf::Build::CRATE", crate) }

  # A cargo that writes down how it was called and leaves a library where the real one would.
  def cargo(build, status: 0)
    path = File.join(folder, "cargo")
    File.write(path, <<~SH)
      #!/bin/sh
      echo "RUBY=$RUBY EPOCH=$SOURCE_DATE_EPOCH $*" >> '#{log}'
      mkdir -p '#{File.dirname(build.artifact)}' && echo library > '#{build.artifact}'
      exit #{status}
    SH
    File.chmod(0o755, path)
  end

  def build(**env)
    Extconf::Build.new(env: { "CARGO" => File.join(folder, "cargo") }.merge(env.transform_keys(&:to_s)))
  end

  def make(build, *targets)
    File.write(File.join(folder, "Makefile"), described_class.new(build).to_s)
    Open3.capture2e({ "SOURCE_DATE_EPOCH" => "1" }, "make", "DESTDIR=#{tmpdir}/root", "sitearchdir=/site", *targets,
                    chdir: folder)
  end

  it "installs the library and deletes what it was built in" do
    own = build
    cargo(own)
    output, status = make(own, "clean", "all", "install")
    expect(status).to be_success, output
    expect(File.read(installed)).to eq("library\n")
    expect(File.exist?(own.target_dir)).to be(false)
  end

  it "leaves a target folder of the user alone" do
    theirs = build(CARGO_TARGET_DIR: File.join(folder, "kept"))
    cargo(theirs)
    expect(make(theirs, "install", "clean").last).to be_success
    expect(File.exist?(theirs.artifact)).to be(true)
  end

  it "deletes its own target folder after a build that failed, and fails" do
    own = build
    cargo(own, status: 101)
    output, status = make(own, "install")
    expect(status).not_to be_success
    expect(output).to include("101")
    expect([File.exist?(own.target_dir), File.exist?(installed)]).to eq([false, false])
  end

  it "calls cargo for this Ruby, with the locked versions, profile and features" do
    chosen = build(DELTALAKE_CARGO_PROFILE: "dev", DELTALAKE_CARGO_FEATURES: "testing")
    cargo(chosen)
    make(chosen, "all")
    expect(File.read(log)).to start_with("RUBY=#{RbConfig.ruby} EPOCH= rustc --manifest-path #{crate}/Cargo.toml --lib")
      .and include("--locked --profile dev").and include("--features testing")
    expect(chosen.artifact).to include("/target/debug/")
  end
end
