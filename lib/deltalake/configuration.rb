# frozen_string_literal: true

module DeltaLake
  # What holds for the whole process; see {DeltaLake.configure}.
  class Configuration
    # @return [Logger, nil] told of every commit, at level info; none by default
    attr_reader :logger
    # @return [#instrument, nil] told of every call to a table, by `instrument(name, payload) { }`; none by default.
    #   `require "deltalake/rails"` sets `ActiveSupport::Notifications`
    # @see Instrumentation
    attr_reader :instrumenter
    # @return [#wrap, nil] runs `dead_letter` and `on_error` of a {Buffer} by `wrap { }`, for a thread of the buffer's
    #   own calls them; none by default. `require "deltalake/rails"` sets the application's executor, which gives back
    #   what they take of a database's connections
    attr_reader :executor
    # @return [Integer, nil] threads that decode and encode; nil for one a processor, and four at most
    attr_reader :threads
    # @return [Integer] bytes of snapshots that {DeltaLake.open} keeps, about: a table that is opened again costs one
    #   listing of its log. 0 keeps none; 64 MiB by default
    attr_reader :cache_bytes
    # @return [Integer] bytes of encoded data that one scan reads ahead, at most, where a single part is not larger;
    #   256 MiB by default
    attr_reader :bytes_in_flight

    # @return [Symbol] `:background`, the default: a commit whose turn it is has a checkpoint written behind it, and the
    #   expired log cleaned up; or `:manual`: only {Table#checkpoint} and {Table#clean_log} do that
    attr_reader :checkpoints
    # @return [Numeric] seconds that the process waits at its end for checkpoints that are being written, at most; a
    #   signal ends the wait. 10 by default, and 0 waits for none: the next writer writes what was cut short
    attr_reader :checkpoint_wait

    # @return [Hash{Symbol => #uri}] tables by name, which stands for their address wherever one is asked for. None by
    #   default
    attr_reader :tables

    # @return [Hash{Symbol => Hash}] options for the tables of each kind of store, where `storage:` does not give them.
    #   None by default. Credentials of `storage:` stand alone: none of these are mixed in
    attr_reader :storage
    # @return [Hash{Symbol => Hash}] options of stores by names of your own. `storage:` takes such a name in place of
    #   options, so that jobs carry no secret. None by default
    attr_reader :storage_profiles
    # @return [Hash{String => Hash{String => String}}] the same as {#storage} for the native classes
    # @api private
    attr_reader :native_storage

    # @api private
    def initialize
      @storage = {}.freeze
      @storage_profiles = {}.freeze
      @native_storage = {}.freeze
      @tables = {}.freeze
      @checkpoints = :background
      @checkpoint_wait = 10
      @cache_bytes = 64 << 20
      @bytes_in_flight = 256 << 20
    end

    # @param logger [Logger, nil] anything that has `info`
    # @raise [TypeError] where it has not
    def logger=(logger)
      @logger = able(:logger, logger, :info)
    end

    # @example
    #   DeltaLake.configure { |c| c.instrumenter = ActiveSupport::Notifications }
    # @param instrumenter [#instrument, nil] calls the block of `instrument(name, payload)`, once
    # @raise [TypeError] where it has no such method
    def instrumenter=(instrumenter)
      @instrumenter = able(:instrumenter, instrumenter, :instrument)
    end

    # @param executor [#wrap, nil] calls its block, once
    # @raise [TypeError] where it has no such method
    def executor=(executor)
      @executor = able(:executor, executor, :wrap)
    end

    # Runs what is the user's in a thread that is not.
    #
    # @api private
    def wrap(&)
      executor ? executor.wrap(&) : yield
    end

    # @param count [Integer] at least 1
    # @raise [ConfigurationError] where the threads run already with another number
    def threads=(count)
      whole(:threads, count, least: 1)
      Native.configure_threads(count)
      @threads = count
    end

    # @param bytes [Integer] 0 turns the cache off
    def cache_bytes=(bytes)
      whole(:cache_bytes, bytes, least: 0)
      Native.configure_cache_bytes(bytes)
      @cache_bytes = bytes
    end

    # @param bytes [Integer] at least 1; holds for scans that begin afterwards
    def bytes_in_flight=(bytes)
      whole(:bytes_in_flight, bytes, least: 1)
      Native.configure_bytes_in_flight(bytes)
      @bytes_in_flight = bytes
    end

    # @param mode [Symbol] `:background` or `:manual`
    def checkpoints=(mode)
      Arguments.one_of(:checkpoints, mode, %i[background manual])
      Native.upkeep_in_background(mode == :background)
      @checkpoints = mode
    end

    # @param seconds [Numeric] 0 or more
    def checkpoint_wait=(seconds)
      unless seconds.is_a?(Numeric) && seconds.real?
        raise TypeError, "checkpoint_wait must be a number of seconds, got #{seconds.class}"
      end
      unless seconds.to_f.finite? && !seconds.negative?
        raise ArgumentError, "checkpoint_wait must be 0 seconds or more and finite, got #{seconds}"
      end

      @checkpoint_wait = seconds
    end

    # @example
    #   DeltaLake.configure { |c| c.storage = { s3: { region: "eu-central-1", timeout: 60 } } }
    # @param options [Hash{Symbol => Hash}] by the kind of store: `:s3`, `:azure`, `:google`
    # @raise [ConfigurationError] where a store has no such option, or not with that value
    def storage=(options)
      held = []
      native = Storage.defaults(options, held)
      native.each { |store, given| Native.check_storage(store, given) }
      @native_storage = native.freeze
      # What was set before may be in use: its objects are kept.
      passed = true
      @storage = options.transform_values(&:dup).freeze
    ensure
      Storage::Providers.release(held) unless passed
    end

    # @example
    #   DeltaLake.configure do |c|
    #     c.tables = { orders: "data/orders", events: { uri: "s3://bucket/events", storage: { timeout: 60 } } }
    #   end
    #   DeltaLake.table(:orders)
    # @param tables [Hash{Symbol => String, Pathname, Hash}] an address, or `uri:` and `storage:`
    def tables=(tables)
      @tables = NamedTables.read(tables).freeze
    end

    # @example
    #   DeltaLake.configure { |c| c.storage_profiles = { warehouse: { region: "eu-central-1", access_key_id: id,
    #                                                                 secret_access_key: secret } } }
    #   DeltaLake.open("s3://bucket/orders", storage: :warehouse)
    # @param profiles [Hash{Symbol => Hash}]
    def storage_profiles=(profiles)
      held = []
      raise TypeError, "storage_profiles must be a Hash, got #{profiles.class}" unless profiles.is_a?(Hash)

      @storage_profiles = profiles.to_h do |name, options|
        [name.to_sym, Storage.options(:"storage_profiles[#{name.inspect}]", options, held).freeze]
      end.freeze
      passed = true
    ensure
      Storage::Providers.release(held) unless passed
    end

    # @param name [Symbol]
    # @return [Hash{String => String}]
    # @raise [ConfigurationError] where there is none of that name
    # @api private
    def storage_profile(name)
      storage_profiles.fetch(name) do
        known = storage_profiles.keys.map(&:inspect).join(", ")
        raise ConfigurationError, "no profile of storage is #{name.inspect}, only #{known.empty? ? 'none' : known}. " \
                                  "DeltaLake.configure { |c| c.storage_profiles = { #{name}: { ... } } } makes it"
      end
    end

    # Options of stores are not shown: they may be secrets.
    #
    # @return [String]
    def inspect
      "#<#{self.class} threads=#{threads.inspect} checkpoints=#{checkpoints.inspect} storage=#{storage.keys.inspect}>"
    end

    private

    def able(name, given, method)
      return given if given.nil? || given.respond_to?(method)

      raise TypeError, "#{name} must have the method `#{method}`, got #{given.class}"
    end

    def whole(name, number, least:)
      raise TypeError, "#{name} must be an Integer, got #{number.class}" unless number.is_a?(Integer)
      raise ArgumentError, "#{name} must be at least #{least}, got #{number}" unless number >= least
    end
  end
end
