# frozen_string_literal: true

require_relative "version"

begin
  require "deltalake/deltalake"
rescue LoadError => e
  raise LoadError, "The native module of deltalake #{DeltaLake::VERSION} could not be loaded (#{e.message}). In a " \
                   "checkout, run bin/setup; for an installed gem, run `gem pristine deltalake` or install it again " \
                   "under this Ruby (#{RUBY_VERSION}, #{RUBY_PLATFORM})."
end

module DeltaLake
  # The hidden native classes. Not a public interface: it changes without notice.
  module Native
    built_for = const_defined?(:VERSION, false) ? self::VERSION : "unknown"
    unless built_for == DeltaLake::VERSION
      raise LoadError, "The native module of deltalake was built for version #{built_for} and the gem is " \
                       "#{DeltaLake::VERSION}. In a checkout, run bin/setup; for an installed gem, run " \
                       "`gem pristine deltalake`."
    end
  end
end
