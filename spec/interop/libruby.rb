# frozen_string_literal: true

require "rbconfig"

# Ruby's shared library, which Python can take into its own process.
module Libruby
  def libruby
    names = RbConfig::CONFIG.values_at("LIBRUBY_SO", "LIBRUBY_ALIASES").join(" ").split
    folders = RbConfig::CONFIG.values_at("libdir", "archlibdir").compact
    folders.product(names).map { |parts| File.join(*parts) }.find { |path| File.exist?(path) } or
      skip "this Ruby has no shared library that Python could load"
  end
end
