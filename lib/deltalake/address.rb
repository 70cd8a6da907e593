# frozen_string_literal: true

module DeltaLake
  # Addresses of tables as they may be shown.
  # @api private
  module Address
    # Where a table is, as far as that is known before it is opened.
    #
    # @param given [Table, Symbol, String, #to_path] as tables are given
    # @return [String] absolute, where it is a path
    def self.of(given)
      given = DeltaLake.configuration.tables[given]&.uri || given.to_s if given.is_a?(Symbol)
      return given.uri if given.respond_to?(:uri)

      text = Arguments.uri(given)
      text.match?(/\A[a-z][a-z0-9+.-]*:/i) ? text : File.expand_path(text)
    end

    # @param uri [String]
    # @return [String] without user name, password and query
    def self.shown(uri)
      uri.sub(%r{\A([a-z][a-z0-9+.-]*://)[^/@]*@}i, '\1').sub(/\A([a-z][a-z0-9+.-]*:[^?]*)\?.*/im, '\1')
    end
  end
end
