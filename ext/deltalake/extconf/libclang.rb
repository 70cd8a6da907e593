# frozen_string_literal: true

require "open3"

module Extconf
  # Looks for libclang where bindgen's loader (clang-sys) will look for it.
  class Libclang
    FILES = %w[libclang.so libclang-*.so libclang.so.* libclang-*.so.* libclang.dylib].freeze
    FOLDERS = %w[
      /usr/local/llvm*/lib* /usr/local/lib*/*/* /usr/local/lib*/* /usr/local/lib* /usr/lib*/*/* /usr/lib*/* /usr/lib*
      /usr/local/opt/llvm*/lib /opt/homebrew/opt/llvm*/lib /Library/Developer/CommandLineTools/usr/lib
      /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib
    ].freeze

    def initialize(env = ENV, folders: FOLDERS)
      @env = env
      @folders = folders
    end

    def found?
      named = @env["LIBCLANG_PATH"]
      # clang-sys looks nowhere else once this is set.
      return File.file?(named) || holds_library?(named) if named

      (llvm_config + library_path + @folders).any? { |folder| holds_library?(folder) }
    end

    private

    def holds_library?(folder)
      FILES.any? { |file| Dir.glob(File.join(folder, file)).any? { |path| !path.include?("-cpp.") } }
    end

    def llvm_config
      output, status = Open3.capture2(@env.to_h, @env.fetch("LLVM_CONFIG_PATH", "llvm-config"), "--libdir")
      status.success? ? [output.strip] : []
    rescue SystemCallError
      []
    end

    def library_path
      %w[LD_LIBRARY_PATH LIBRARY_PATH].flat_map { |name| @env.fetch(name, "").split(":") }
    end
  end
end
