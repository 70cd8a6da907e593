# frozen_string_literal: true

module DeltaLake
  # Any error of this library. Wrong arguments stay `ArgumentError` and `TypeError`.
  class Error < StandardError
    # @return [String, nil] address of the table, where known
    attr_reader :table
    # @return [Integer, nil] version of the table that was read or tried, where known
    attr_reader :version

    # @param message [String, nil]
    # @param table [String, nil]
    # @param version [Integer, nil]
    # @param retryable [Boolean, nil] nil leaves it to the class
    def initialize(message = nil, table: nil, version: nil, retryable: nil, **)
      super(message)
      @table = table
      @version = version
      @retryable = retryable.nil? ? self.class.retryable? : retryable
    end

    # @return [Boolean] whether the same call, made again, may succeed
    def retryable?
      @retryable
    end

    # @return [Boolean] what {#retryable?} says of errors of this class
    def self.retryable?
      false
    end
  end

  # An option or an address is wrong: correct it.
  class ConfigurationError < Error; end

  # There is no Delta table there, or not that version of it.
  class TableNotFoundError < Error; end

  # A table is there already.
  class TableExistsError < Error; end

  # The table needs a table feature that this library lacks; the message names it. Nothing was read or written.
  class UnsupportedFeatureError < Error; end

  # The log or a data file breaks the Delta protocol.
  class CorruptTableError < Error; end

  # The log names a data file, change file or deletion vector that the store does not have. A vacuum may have deleted
  # it: then a newer version can be read.
  class FileNotFoundError < CorruptTableError; end

  # A value does not fit the table's schema; the message names row, column and class. Nothing was written.
  class SchemaMismatchError < Error; end

  # A row breaks a constraint of the table. Nothing was written.
  class ConstraintViolationError < Error; end

  # Another writer was first, in a way that cannot be reconciled: read again, decide again.
  class CommitConflictError < Error
    # @return [Symbol, nil] the rule that both commits broke together, such as :concurrent_transaction
    attr_reader :kind
    # @return [Integer, nil] the version that the other writer made
    attr_reader :winning_version

    # @param message [String, nil]
    # @param kind [Symbol, nil]
    # @param winning_version [Integer, nil]
    # @param attributes [Hash] as for {Error#initialize}
    def initialize(message = nil, kind: nil, winning_version: nil, **attributes)
      super(message, **attributes)
      @kind = kind
      @winning_version = winning_version
    end

    # (see Error.retryable?)
    def self.retryable?
      true
    end
  end

  # The commit was sent and no answer came. Look for {#version} in the table's history before trying again, or use
  # `once:`, with which trying again is safe.
  class CommitOutcomeUnknownError < Error; end

  # The store failed.
  class StorageError < Error; end

  # The store refused the credentials, or the file system the permissions.
  class PermissionDeniedError < StorageError; end

  # The store is throttling, unreachable or broken just now: try later.
  class StorageUnavailableError < StorageError
    # (see Error.retryable?)
    def self.retryable?
      true
    end
  end

  # The call's `deadline:` passed.
  class DeadlineExceededError < Error
    # (see Error.retryable?)
    def self.retryable?
      true
    end
  end

  # A scan or a writer that was opened before a fork was used after it: open a new one in this process.
  class ForkError < Error
    # (see Error.retryable?)
    def self.retryable?
      true
    end
  end

  # A buffer had no room for rows within the time to wait for it: none of them was taken.
  class BufferFullError < Error
    # (see Error.retryable?)
    def self.retryable?
      true
    end
  end

  # A buffer was closed before rows were pushed: none of them was taken.
  class BufferClosedError < Error
    # (see Error.retryable?)
    def self.retryable?
      true
    end
  end

  # A {Sync} cannot go on from where its target stands: {#reason} says why. `on_gap: :resync` copies everything again.
  class SyncGapError < Error
    # @return [Symbol] `:recreated` (another table is there now), `:restored` (its history was replaced by an older
    #   one), `:schema_changed` (in the columns that are synced or that `where:` names), `:options_changed` (of the sync
    #   itself, or its target), `:log_cleaned`, `:vacuumed`, `:feed_missing` or `:interrupted` (a run that was cut short
    #   can no longer be brought to its end)
    attr_reader :reason
    # @return [Integer, nil] the version that the target stands on
    attr_reader :from

    # @param message [String, nil]
    # @param reason [Symbol, nil]
    # @param from [Integer, nil]
    # @param attributes [Hash] as for {Error#initialize}
    def initialize(message = nil, reason: nil, from: nil, **attributes)
      super(message, **attributes)
      @reason = reason
      @from = from
    end
  end

  # A bug in this library; the message says where.
  class InternalError < Error; end
end
