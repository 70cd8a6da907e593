# frozen_string_literal: true

require "open3"
require "rbconfig"
require "tmpdir"

module Extconf
  # How cargo is called, and where it leaves the library. Shared by extconf.rb and the Rake tasks.
  #
  # Read from the environment: `DELTALAKE_CARGO_PROFILE` (default `release`), `DELTALAKE_CARGO_FEATURES`,
  # `CARGO`, `CARGO_TARGET_DIR`, `CARGO_BUILD_TARGET`.
  class Build
    ROOT = File.expand_path("../../..", __dir__)
    CRATE = File.join(ROOT, "ext/deltalake")

    # rb_sys is worth its dependency only where a Ruby for another platform is the target.
    def self.cross_compiling?(env = ENV)
      return false unless env["RB_SYS_CARGO_TARGET"] || env["RUBY_TARGET"]

      Gem::Specification.find_all_by_name("rb_sys").any?
    end

    attr_reader :profile, :features

    def initialize(env: ENV, profile: nil, features: nil)
      @env = env
      @profile = profile || env.fetch("DELTALAKE_CARGO_PROFILE", "release")
      @features = features || env.fetch("DELTALAKE_CARGO_FEATURES", "")
    end

    # A target folder of our own is deleted once the library is installed; one that the user named is theirs.
    def own_target_dir?
      @env["CARGO_TARGET_DIR"].to_s.empty?
    end

    def target_dir
      own_target_dir? ? File.join(CRATE, "target") : File.expand_path(@env["CARGO_TARGET_DIR"])
    end

    # What cargo writes.
    def artifact
      extension = darwin? ? "dylib" : "so"
      folder = profile == "dev" ? "debug" : profile
      File.join(*[target_dir, @env["CARGO_BUILD_TARGET"], folder, "libdeltalake.#{extension}"].compact)
    end

    # What Ruby loads.
    def library_name
      "deltalake.#{RbConfig::CONFIG['DLEXT']}"
    end

    # rb-sys asks this Ruby, not the first one in PATH, for its headers. Files are compressed at zstd's first level, so
    # that its slower ways of searching stay out of what users install.
    def environment
      return { "RUBY" => RbConfig.ruby } if profile == "dev"

      without = SLOW_ZSTD.map { |way| "-DZSTD_EXCLUDE_#{way}_BLOCK_COMPRESSOR" }
      { "RUBY" => RbConfig.ruby, "CFLAGS" => [*@env["CFLAGS"], *without].join(" ") }
    end

    def command
      cargo = [@env.fetch("CARGO", "cargo"), "rustc", "--manifest-path", File.join(CRATE, "Cargo.toml"), "--lib",
               "--locked", "--profile", profile, "--target-dir", target_dir]
      cargo.push("--features", features) unless features.empty?
      flags = linker_flags.flat_map { |flag| ["-C", "link-arg=#{flag}"] }
      flags.empty? ? cargo : cargo.push("--", *flags)
    end

    private

    FOLD = "-Wl,--icf=all"
    # Cargo's `strip = true` leaves the symbol table in where Rust's own linker links.
    STRIP = "-Wl,--strip-all"
    # The addresses that the loader moves, as a bitmap: half a megabyte less. glibc loads it from 2.36 on.
    PACK = "-Wl,-z,pack-relative-relocs"
    SLOW_ZSTD = %w[DFAST GREEDY LAZY LAZY2 BTLAZY2 BTOPT BTULTRA].freeze
    # Something to move, for which a loader has to know the bitmap.
    PROBE = "#[unsafe(no_mangle)] pub static PROBE: &[&str] = &[\"a\"];"
    private_constant :FOLD, :STRIP, :PACK, :SLOW_ZSTD, :PROBE

    def linker_flags
      # Ruby's own symbols are found when the module is loaded; only macOS must be told.
      return ["-Wl,-undefined,dynamic_lookup"] if darwin?

      return [] if profile == "dev"

      # Folding takes a sixth off the library. Rust's own linker does it, GNU's does not know the flag.
      [STRIP, *(FOLD if links?(FOLD)), *(PACK if links?(PACK) { |library| loads?(library) })]
    end

    # Whether the linker knows the flag, and the block, if there is one, likes what comes out.
    def links?(flag)
      Dir.mktmpdir do |folder|
        library = File.join(folder, "probe.so")
        rustc = [@env.fetch("RUSTC", "rustc"), "--crate-type", "cdylib", "--crate-name", "probe",
                 "-C", "link-arg=#{flag}", "-o", library, "-"]
        rustc.push("--target", @env["CARGO_BUILD_TARGET"]) if @env["CARGO_BUILD_TARGET"]
        _, status = Open3.capture2e(*rustc, stdin_data: PROBE)
        status.success? && (!block_given? || yield(library))
      end
    rescue SystemCallError
      false
    end

    # In a process of its own, since a library stays in the one that loads it. Where another machine is the target,
    # nobody knows.
    def loads?(library)
      return false if @env["CARGO_BUILD_TARGET"]

      script = 'require "fiddle"; Fiddle.dlopen(ARGV[0])'
      _, status = Open3.capture2e(RbConfig.ruby, "-e", script, library)
      status.success?
    end

    def darwin?
      RbConfig::CONFIG["host_os"].include?("darwin")
    end
  end
end
