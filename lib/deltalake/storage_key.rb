# frozen_string_literal: true

module DeltaLake
  # One option of stores, as `storage:` takes it; see {DeltaLake.storage_keys}. Frozen.
  class StorageKey
    # @return [Symbol] its name
    attr_reader :name
    # @return [Array<String>] other spellings. A store's prefix (`aws_`, `azure_`, `azure_storage_`, `google_`) may
    #   stand before each, in upper or lower case: the key is an environment variable then too
    attr_reader :aliases
    # @return [Array<Symbol>] stores that have it: `:s3`, `:azure`, `:google`
    attr_reader :stores
    # @return [Symbol] what its value is: `:text`, `:secret`, `:flag`, `:number`, `:seconds`, `:address`, `:file` or
    #   `:object`
    attr_reader :kind
    # @return [String] what it means
    attr_reader :meaning

    # @api private
    def initialize(name, aliases, stores, kind, meaning)
      @name = name.to_sym
      @aliases = aliases.map(&:freeze).freeze
      @stores = stores.map(&:to_sym).freeze
      @kind = kind.to_sym
      @meaning = meaning.freeze
      freeze
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{name} (#{stores.join(', ')}; #{kind}): #{meaning}>"
    end
  end
end
