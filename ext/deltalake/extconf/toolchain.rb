# frozen_string_literal: true

require "open3"
require "rbconfig"
require "tmpdir"
require_relative "build"
require_relative "libclang"

module Extconf
  # What the build needs of the machine. Asked before anything is compiled, since cargo would say it minutes later and
  # in words about crates that nobody installed by name.
  class Toolchain
    def initialize(env: ENV, libclang: Libclang.new(env), ruby_headers: RbConfig::CONFIG["rubyhdrdir"])
      @env = env
      @libclang = libclang
      @ruby_headers = ruby_headers
    end

    # @return [Array<String>] one sentence for each thing that is missing, saying what to install
    def missing
      [rust, make, c_compiler, libclang, ruby_headers].compact
    end

    # The oldest Rust that compiles the crates, from the workspace.
    def self.rust_version
      File.read(File.join(Build::ROOT, "Cargo.toml"))[/^rust-version = "([^"]+)"/, 1]
    end

    private

    def rust
      wanted = self.class.rust_version
      installed = version_of(@env.fetch("CARGO", "cargo"))
      if installed.nil?
        "deltalake is compiled with Rust #{wanted} or later, and no working `cargo` was found in PATH: " \
          "install Rust from https://rustup.rs and try again."
      elsif Gem::Version.new(installed) < Gem::Version.new(wanted)
        "deltalake is compiled with Rust #{wanted} or later, and this machine has #{installed}: " \
          "run `rustup update stable` (or install Rust from https://rustup.rs) and try again."
      end
    end

    def make
      program = (@env["MAKE"] || @env.fetch("make", "make")).split.first
      return if run(program, "--version")

      "deltalake needs `make` to be installed, and `#{program}` was not found in PATH: #{install('make', 'make')}."
    end

    # Compiling three words also finds a compiler that has no C library to link with.
    def c_compiler
      program = @env.fetch("CC", "cc").split
      source = "#include <stdio.h>\nint main(void) { return 0; }\n"
      compiled = Dir.mktmpdir do |folder|
        run(*program, "-x", "c", "-", "-o", File.join(folder, "probe"), input: source)
      end
      return if compiled

      "deltalake needs a C compiler, and `#{program.first}` was not found in PATH or cannot compile: " \
        "#{install('gcc libc6-dev', 'gcc glibc-devel')}."
    end

    def libclang
      return if @libclang.found?

      "deltalake needs libclang to read Ruby's headers, and it was not found: " \
        "#{install('libclang-dev', 'clang-devel')}; " \
        "if it is in an unusual place, set LIBCLANG_PATH to the folder that holds it."
    end

    def ruby_headers
      return if File.exist?(File.join(@ruby_headers.to_s, "ruby.h"))

      "deltalake needs the headers of Ruby #{RUBY_VERSION}, and #{@ruby_headers} has no ruby.h: " \
        "#{install('ruby-dev', 'ruby-devel')}."
    end

    def install(debian, fedora)
      "install it (Debian, Ubuntu: `apt-get install #{debian}`; Fedora: `dnf install #{fedora}`; " \
        "macOS: `xcode-select --install`) and try again"
    end

    def version_of(program)
      run(program, "--version")&.[](/\d+\.\d+(\.\d+)?/)
    end

    def run(*command, input: "")
      output, status = Open3.capture2e(@env.to_h, *command, stdin_data: input)
      output if status.success?
    rescue SystemCallError
      nil
    end
  end
end
