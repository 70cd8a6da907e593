# frozen_string_literal: true

require "json"
require_relative "storage/providers"

module DeltaLake
  # What callers give as `storage:`, and the tables that are reached with it.
  # @api private
  module Storage
    # Kinds of stores by the words that options go by.
    STORES = %i[s3 azure google].freeze

    class << self
      # @param uri [String, Pathname, URI, Symbol] an address, or the name of one
      # @param storage [Hash, Symbol] options, or the name of a profile
      # @return [Native::Table]
      def table(uri, storage)
        held = []
        uri, storage = NamedTables.find(uri, storage, held) if uri.is_a?(Symbol)
        address = Arguments.uri(uri)
        given = given(storage, held)
        defaults = DeltaLake.configuration.native_storage
        # What the configuration has was kept before.
        [given, *defaults.values].each { |options| Providers.hold_marked(options, held) }
        Providers.serve if held.any?
        # From here on the native side says when it needs them no more.
        passed = true
        Native::Table.open(address, given, defaults, held)
      ensure
        Providers.release(held) unless passed || held.nil?
      end

      # Raises where no store could be given that.
      def check(storage)
        held = []
        given(storage, held)
        nil
      ensure
        Providers.release(held)
      end

      # @param storage [Hash, Symbol]
      # @param held [Array<Integer>] as of {options}
      # @return [Hash{String => String}]
      def given(storage, held)
        storage.is_a?(Symbol) ? DeltaLake.configuration.storage_profile(storage) : options(:storage, storage, held)
      end

      # @param name [Symbol] of the argument, for messages
      # @param value [Hash{Symbol, String => Object}]
      # @param held [Array<Integer>] gets the numbers of objects that give credentials, which are kept
      # @return [Hash{String => String}]
      def options(name, value, held)
        raise TypeError, "#{name} must be a Hash, got #{value.class}" unless value.is_a?(Hash)

        value.to_h { |key, item| [key(name, key), text(name, key, item, held)] }
      end

      # @param value [Hash{Symbol, String => Hash}] options by the store's word
      # @param held [Array<Integer>] as of {options}
      # @return [Hash{String => Hash{String => String}}]
      def defaults(value, held)
        raise TypeError, "storage must be a Hash, got #{value.class}" unless value.is_a?(Hash)

        value.to_h do |store, given|
          word = store.to_s
          unless STORES.include?(word.to_sym)
            raise ArgumentError, "storage has options of #{STORES.map(&:inspect).join(', ')}, not #{store.inspect}"
          end

          [word, options(:"storage[:#{word}]", given, held)]
        end
      end

      private

      def key(name, key)
        return Arguments.utf8("a key of #{name}", key.to_s) if key.is_a?(Symbol) || key.is_a?(String)

        raise TypeError, "#{name} takes Symbols or Strings as keys, got #{key.class}"
      end

      # A value may be a secret: no message shows it.
      def text(name, key, value, held)
        case value
        when String, Symbol, Numeric, true, false then Arguments.utf8("a value of #{name}", value.to_s)
        when Hash then JSON.generate(value)
        when nil then raise ArgumentError, "#{name} has no value for #{key.inspect}: it is nil"
        else
          return Arguments.utf8("a value of #{name}", value.to_path) if value.respond_to?(:to_path)
          return value.to_s if defined?(URI::Generic) && value.is_a?(URI::Generic)
          return Providers.hold(value, held) if Given.source?(value)

          raise TypeError, "#{name} takes text, numbers and true or false, got #{value.class} for #{key.inspect}"
        end
      end
    end
  end
end
