# frozen_string_literal: true

module DeltaLake
  # Addresses of tables as they may be shown.
  # @api private
  module Address
    # @param uri [String]
    # @return [String] without user name, password and query
    def self.shown(uri)
      uri.sub(%r{\A([a-z][a-z0-9+.-]*://)[^/@]*@}i, '\1').sub(/\A([a-z][a-z0-9+.-]*:[^?]*)\?.*/im, '\1')
    end
  end
end
