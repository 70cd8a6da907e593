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

    # What no address of a table has: a user or a password, which may hold slashes, a query, a fragment. Azure's have a
    # container before the host.
    SECRET = [
      %r{\A[a-z][a-z0-9+.-]+:/.*[?#]}im,
      %r{\A[a-z][a-z0-9+.-]+://[^/\\@]*:.*@}im,
      %r{\A(?!abfss?:|wasbs?:|az:|azure:|adl:)[a-z][a-z0-9+.-]+://[^/\\]*@}im
    ].freeze
    private_constant :SECRET

    # For what is kept elsewhere before the table is opened, which would refuse such an address.
    #
    # @param given (see .of)
    # @return [String]
    # @raise [ConfigurationError] where the address may hold a secret, which the message does not show
    def self.without_secret(given)
      of(given).tap do |uri|
        next unless SECRET.any? { |pattern| uri.match?(pattern) }

        raise ConfigurationError, "a table's address has no user, password, query or fragment: give credentials as " \
                                  "options of the store, and not in the address, which ends up in logs"
      end
    end

    # @param uri [String]
    # @return [String] without user name, password and query
    def self.shown(uri)
      uri.sub(%r{\A([a-z][a-z0-9+.-]*://)[^/@]*@}i, '\1').sub(/\A([a-z][a-z0-9+.-]*:[^?]*)\?.*/im, '\1')
    end
  end
end
