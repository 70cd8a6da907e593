# frozen_string_literal: true

require_relative "deltalake/version"
require_relative "deltalake/errors"
require_relative "deltalake/native"
require_relative "deltalake/configuration"
require_relative "deltalake/instrumentation"
require_relative "deltalake/arguments"
require_relative "deltalake/schema"
require_relative "deltalake/storage"
require_relative "deltalake/storage_key"
require_relative "deltalake/named_tables"
require_relative "deltalake/table"

# Reads and writes Delta Lake tables.
#
# @example
#   table = DeltaLake.open("/data/orders")
#   table.where(country: "FR").each { |row| puts row[:id] }
#   table.append([{ id: 1, country: "FR" }], once: "import-2026-01-01")
module DeltaLake
  class << self
    # Opens a table at its newest version, or at an older one.
    #
    # @param uri [String, Pathname] a folder, or the URI of one in an object store
    # @param storage [Hash{Symbol, String => Object}, Symbol] options of the store, such as credentials (see
    #   {.storage_keys}), or the name of one of {Configuration#storage_profiles}. `credentials:` is an
    #   `Aws::CredentialProvider`, or a proc that returns a Hash: `access_key_id`, `secret_access_key` and
    #   `session_token` for S3, `bearer_token` or `sas_token` for Azure, `bearer_token` for Google Cloud Storage, and
    #   `expires_at`, a Time. It is asked again before that, on another thread
    # @param version [Integer, nil] the version to stand on
    # @param at [Time, nil] stand on the version that was the newest at this time
    # @param group_commits [Boolean] whether appends through this handle share commits with others of this process,
    #   where they are not told: see `group` of {Table#append}
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Table]
    # @raise [TableNotFoundError] where there is no table, or not that version of it
    # @raise [UnsupportedFeatureError] where reading the table needs a feature that this library lacks
    def open(uri, storage: {}, version: nil, at: nil, group_commits: false, deadline: nil)
      version, at_ms = Arguments.point_in_time(version, at)
      deadline = Arguments.deadline(deadline)
      native = native_table(uri, storage)
      Instrumentation.tell(:open, native) do
        Table.new(native, native.snapshot(version, at_ms, deadline), group_commits:)
      end
    end

    # Opens a table that the configuration names; see {Configuration#tables=}. The name also stands for the address in
    # {.open}, {.create} and {.table?}.
    #
    # @example
    #   DeltaLake.table(:orders).where(country: "FR").count
    # @param name [Symbol, String]
    # @param options [Hash] as for {.open}
    # @return [Table]
    # @raise [ConfigurationError] where there is no such name
    def table(name, **options)
      self.open(name.to_sym, **options)
    end

    # Creates an empty table: version 0 with a schema.
    #
    # @param uri [String, Pathname] a folder, which need not exist, or the URI of one in an object store
    # @param schema [Schema, Hash] columns and types; a Hash goes through {Schema.from}
    # @param partition_by [Array<Symbol, String>, Symbol, String] columns whose values split the table into folders
    # @param cluster_by [Array<Symbol, String>, Symbol, String] up to four columns by which engines that compact the
    #   table put rows together: liquid clustering, in place of partitions. `"address.zip"` is a field of a struct
    # @param name [String, nil]
    # @param description [String, nil]
    # @param properties [Hash{String => Object}] table properties, such as `"delta.appendOnly" => true`. The table gets
    #   the lowest protocol that has what columns and properties ask for; `"delta.feature.<name>" => "supported"`,
    #   `"delta.minReaderVersion"` and `"delta.minWriterVersion"` ask for more, and are not kept
    # @param storage [Hash{Symbol, String => Object}, Symbol] options of the store, such as credentials, or the name of
    #   one of {Configuration#storage_profiles}
    # @param if_exists [Symbol] `:raise`, or `:open` to open a table that is there already as it is
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Table]
    # @raise [TableExistsError] where there is a table already
    # @raise [SchemaMismatchError] where no table can have that schema or partitioning
    # @raise [ConfigurationError] where a property has a value that no table can have
    # @raise [UnsupportedFeatureError] where a property or column needs a feature that this library cannot write
    def create(uri, schema:, partition_by: [], cluster_by: [], name: nil, description: nil, properties: {}, storage: {},
               if_exists: :raise, deadline: nil)
      Arguments.one_of(:if_exists, if_exists, %i[raise open])
      definition = [Arguments.schema(schema).to_json, Arguments.names(:partition_by, partition_by),
                    Arguments.names(:cluster_by, cluster_by), Arguments.text(:name, name),
                    Arguments.text(:description, description),
                    Arguments.string_hash(:properties, properties)]
      deadline = Arguments.deadline(deadline)
      native = native_table(uri, storage)
      Instrumentation.tell(:create, native) do
        Table.new(native, create_or_open(native, definition, if_exists, deadline))
      end
    end

    # Whether there is a Delta table.
    #
    # @param uri [String, Pathname]
    # @param storage [Hash{Symbol, String => Object}, Symbol] options of the store, such as credentials, or the name of
    #   one of {Configuration#storage_profiles}
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Boolean]
    def table?(uri, storage: {}, deadline: nil)
      native = native_table(uri, storage)
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:exists, native) { native.exists(deadline) }
    end

    # The options that `storage:` takes.
    #
    # @example
    #   puts DeltaLake.storage_keys(:s3).map { |key| "#{key.name}: #{key.meaning}" }
    # @param store [Symbol, nil] only those of `:s3`, `:azure` or `:google`
    # @return [Array<StorageKey>]
    def storage_keys(store = nil)
      Arguments.one_of(:store, store, [nil, *Storage::STORES])
      keys = Native.storage_keys.map { |parts| StorageKey.new(*parts) }
      store ? keys.select { |key| key.stores.include?(store) } : keys
    end

    # Sets what holds for the whole process. Call it before the first use of a table.
    #
    # @example
    #   DeltaLake.configure do |c|
    #     c.logger = Rails.logger
    #     c.threads = 2
    #   end
    # @yieldparam configuration [Configuration]
    # @return [Configuration]
    def configure
      yield configuration if block_given?
      configuration
    end

    # @return [Configuration] what {.configure} has set
    def configuration
      @configuration ||= Configuration.new
    end

    private

    def native_table(uri, storage)
      Storage.table(uri, storage)
    end

    def create_or_open(native, definition, if_exists, deadline)
      native.create(*definition, deadline)
    rescue TableExistsError
      raise if if_exists == :raise

      native.snapshot(nil, nil, deadline)
    end
  end
end
