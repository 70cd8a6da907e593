# frozen_string_literal: true

module DeltaLake
  # Tables that the configuration gives names: where each is, and the options of its store.
  # @api private
  module NamedTables
    # One of them. Its options may be secrets, so it shows none.
    Table = Struct.new(:uri, :storage) do
      def inspect
        "#<#{self.class} #{Address.shown(uri.to_s)}>"
      end
    end

    class << self
      # @param tables [Hash{Symbol, String => String, Pathname, Hash}]
      # @return [Hash{Symbol => Table}]
      def read(tables)
        raise TypeError, "tables must be a Hash, got #{tables.class}" unless tables.is_a?(Hash)

        tables.to_h { |name, given| [name.to_sym, table(name, given)] }
      end

      # @param address [Symbol]
      # @param storage [Hash, Symbol] wins over the configuration's
      # @param held [Array<Integer>] as of {Storage.options}
      # @return [Array(String, Hash{String => String})] the address and all options
      def find(address, storage, held = [])
        tables = DeltaLake.configuration.tables
        table = tables.fetch(address) do
          known = tables.empty? ? "none is" : tables.keys.map(&:inspect).join(", ")
          raise ConfigurationError, "there is no table named #{address.inspect} in the configuration; known: #{known}"
        end
        [table.uri, Storage.given(table.storage, held).merge(Storage.given(storage, held))]
      end

      private

      def table(name, given)
        return Table.new(Arguments.uri(given), {}.freeze).freeze unless given.is_a?(Hash)

        given = given.transform_keys(&:to_sym)
        unknown = given.keys - %i[uri storage]
        raise ArgumentError, "the table #{name} has uri and storage, not #{unknown.join(', ')}" unless unknown.empty?

        Table.new(uri(name, given), storage(name, given[:storage] || {})).freeze
      end

      # Options, or the name of a profile, which may be configured later.
      def storage(name, storage)
        return storage.to_sym if storage.is_a?(String) || storage.is_a?(Symbol)

        # Objects in it are kept for good.
        Storage.options(:"tables[:#{name}][:storage]", storage, []).freeze
      end

      def uri(name, given)
        Arguments.uri(given.fetch(:uri) { raise ArgumentError, "the table #{name} has no uri" })
      end
    end
  end
end
