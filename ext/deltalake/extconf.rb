# frozen_string_literal: true

# Compiles the native module with cargo. RubyGems runs this file, then `make` and `make install`.

require_relative "extconf/build"
require_relative "extconf/makefile"
require_relative "extconf/toolchain"

if Extconf::Build.cross_compiling?
  require "mkmf"
  require "rb_sys/mkmf"
  create_rust_makefile("deltalake/deltalake")
else
  missing = Extconf::Toolchain.new.missing
  abort missing.join("\n") unless missing.empty?
  File.write("Makefile", Extconf::Makefile.new(Extconf::Build.new).to_s)
end
