# frozen_string_literal: true

require_relative "address"
require_relative "commit_info"
require_relative "protocol"
require_relative "readable"
require_relative "scan"

module DeltaLake
  # A table at one version. Frozen: it never changes, whatever is written. Threads may share one; it survives a fork.
  class Snapshot
    include Readable

    # @param native [Native::Snapshot]
    # @api private
    def initialize(native)
      @native = native
      @parsed = {}
      freeze
    end

    # @return [Native::Snapshot]
    # @api private
    attr_reader :native

    # @return [Integer]
    def version
      @native.version
    end

    # @return [Schema]
    def schema
      @parsed[:schema] ||= Schema.from_json(@native.schema_json)
    end

    # @return [Array<Symbol>] the partition columns; empty where there are none
    def partition_by
      @native.partition_columns.map(&:to_sym)
    end

    # @return [Hash{String => String}] table properties
    def properties
      @native.properties
    end

    # @return [Protocol]
    def protocol
      @parsed[:protocol] ||= Protocol.new(*@native.protocol)
    end

    # @return [String, nil]
    def name
      @native.name
    end

    # @return [String, nil]
    def description
      @native.description
    end

    # @return [String] absolute path, or URI
    def uri
      @native.uri
    end

    # @return [String] given to the table when it was created
    def id
      @native.id
    end

    # @return [Time, nil] when the table was created, in UTC, where it tells
    def created_at
      milliseconds = @native.created_time_ms
      milliseconds && Time.at(milliseconds / 1000, milliseconds % 1000, :millisecond, in: "UTC")
    end

    # The newest Delta transaction of each application, as the log holds it. Those that are older than
    # `delta.setTransactionRetentionDuration`, where the table sets it, no longer count for `once:` and `txn:`.
    #
    # @example
    #   table.transactions["etl"] # => 42
    # @return [Hash{String => Integer}] application id to version
    def transactions
      @native.txn_versions
    end

    # What features and applications keep with the table.
    #
    # @return [Hash{String => String}] domain to configuration, most often JSON text
    def domain_metadata
      @native.domain_metadata
    end

    # Who made this version and those before it, as far back as the log goes.
    #
    # @param limit [Integer, nil] at most so many
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Array<CommitInfo>] newest first
    def history(limit: nil, deadline: nil)
      limit = Arguments.whole(:limit, limit) unless limit.nil?
      @native.history(limit, Arguments.deadline(deadline)).map { |commit| CommitInfo.new(*commit) }
    end

    # (see Readable#scan)
    def scan
      Scan.new(@native)
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{Address.shown(uri)} version=#{version}>"
    end
  end
end
