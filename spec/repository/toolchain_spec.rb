# frozen_string_literal: true

require "open3"
require "rbconfig"
require_relative "../../ext/deltalake/extconf/toolchain"

RSpec.describe Extconf::Toolchain do
  # A PATH that holds nothing but the named tools: real ones by name, scripts by name and text.
  def path_with(*real, **scripts)
    folder = File.join(tmpdir, "bin")
    FileUtils.mkdir_p(folder)
    real.each { |name| File.symlink(find(name), File.join(folder, name)) }
    scripts.each { |name, text| write_script(File.join(folder, name.to_s), text) }
    folder
  end

  def find(name)
    ENV.fetch("PATH").split(":").map { |folder| File.join(folder, name) }.find { |file| File.executable?(file) }
  end

  def write_script(file, text)
    File.write(file, "#!/bin/sh\n#{text}\n")
    File.chmod(0o755, file)
  end

  let(:everything) { %w[make cc as ld] }
  let(:new_rust) { { cargo: "echo 'cargo 99.0.0 (abc 2026-01-01)'" } }

  def extconf(path, **env)
    build = File.join(tmpdir, "build")
    FileUtils.mkdir_p(build)
    variables = { "PATH" => path, "CC" => nil, "CARGO" => nil, "MAKE" => nil, "DELTALAKE_CARGO_PROFILE" => nil }
    output, status = Open3.capture2e(variables.merge(env.transform_keys(&:to_s)),
                                     RbConfig.ruby, File.expand_path("ext/deltalake/extconf.rb"), chdir: build)
    [output, status, File.exist?(File.join(build, "Makefile"))]
  end

  it "lets a complete machine through and writes the Makefile" do
    output, status, makefile = extconf(path_with(*everything, **new_rust))
    expect([output, status.success?, makefile]).to eq(["", true, true])
  end

  {
    "no Rust" => [%w[make cc as ld], {},
                  /\Adeltalake is compiled with Rust [\d.]+ or later, and no working `cargo`.*rustup\.rs/],
    "a rustup without a toolchain" => [%w[make cc as ld], { cargo: "echo 'error: no default toolchain'; exit 1" },
                                       /no working `cargo`/],
    "a Rust that is too old" => [%w[make cc as ld], { cargo: "echo 'cargo 1.70.0 (7fe40dc8c 2023-04-27)'" },
                                 /this machine has 1\.70\.0: run `rustup update stable`/],
    "no C compiler" => [%w[make], { cargo: "echo 'cargo 99.0.0'" },
                        /\Adeltalake needs a C compiler.*`apt-get install gcc/],
    "a C compiler that has no C library" => [%w[make], { cargo: "echo 'cargo 99.0.0'", cc: "exit 1" },
                                             /cannot compile/],
    "no make" => [%w[cc as ld], { cargo: "echo 'cargo 99.0.0'" }, /\Adeltalake needs `make`/]
  }.each do |name, (real, scripts, sentence)|
    it "stops with one sentence at #{name}" do
      output, status, makefile = extconf(path_with(*real, **scripts))
      expect(output).to match(sentence)
      expect(output.lines.size).to eq(1)
      expect(status).not_to be_success
      expect(makefile).to be(false)
    end
  end

  it "stops with one sentence at no libclang" do
    output, status, = extconf(path_with(*everything, **new_rust), LIBCLANG_PATH: tmpdir)
    expect(output).to match(/\Adeltalake needs libclang .*`apt-get install libclang-dev`.*LIBCLANG_PATH/)
    expect(output.lines.size).to eq(1)
    expect(status).not_to be_success
  end

  it "names Ruby's headers where they are missing" do
    expect(described_class.new(ruby_headers: tmpdir).missing).to contain_exactly(/headers of Ruby.*ruby-dev/)
  end

  describe Extconf::Libclang do
    let(:env) { { "LLVM_CONFIG_PATH" => "/nonexistent" } }

    it "looks in the folders that clang-sys knows" do
      expect(described_class.new(env, folders: [File.join(tmpdir, "lib*")])).not_to be_found
      FileUtils.mkdir_p(File.join(tmpdir, "lib64"))
      FileUtils.touch(File.join(tmpdir, "lib64/libclang-14.so.1"))
      expect(described_class.new(env, folders: [File.join(tmpdir, "lib*")])).to be_found
    end

    it "does not take libclang-cpp for it" do
      FileUtils.touch(File.join(tmpdir, "libclang-cpp.so.14"))
      expect(described_class.new(env, folders: [tmpdir])).not_to be_found
    end

    it "asks llvm-config" do
      FileUtils.touch(File.join(tmpdir, "libclang.so"))
      write_script(File.join(tmpdir, "llvm-config"), "echo #{tmpdir}")
      expect(described_class.new({ "LLVM_CONFIG_PATH" => File.join(tmpdir, "llvm-config") }, folders: [])).to be_found
    end
  end
end
