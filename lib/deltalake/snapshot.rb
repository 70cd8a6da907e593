# frozen_string_literal: true

require_relative "address"
require_relative "changes"
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
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:history, self, version:) do
        @native.history(limit, deadline).map { |commit| CommitInfo.new(*commit) }
      end
    end

    # The rows that changed over a range of versions: from the change data feed of the table, which has to be on for all
    # of them (the table property `delta.enableChangeDataFeed`).
    #
    # @example
    #   table.changes(from: 3, to: 5).each { |row| puts row[:_change_type], row[:id] }
    #   table.changes(from: Time.now - 3600).where(_change_type: "delete").pluck(:id)
    # @param from [Integer, Time] the first version, or the first that was made at this time or later
    # @param to [Integer, Time, nil] the last version, or the last that was made up to this time; the snapshot's own
    #   version where nobody says
    # @param deadline [Numeric, nil] most seconds to take until the files are known
    # @return [Changes]
    # @raise [ArgumentError] where the range is empty
    # @raise [ConfigurationError] where the feed is off at a version of the range, which the message names
    # @raise [TableNotFoundError] where the range goes past the newest version, or to commits that are gone
    # @raise [SchemaMismatchError] where rows of a version cannot be read with the schema of the last
    def changes(from:, to: nil, deadline: nil)
      points = [*Arguments.point(:from, from), *(to.nil? ? [nil, nil] : Arguments.point(:to, to))]
      deadline = Arguments.deadline(deadline)
      Instrumentation.tell(:changes, self, version:) { Changes.new(@native.changes(*points, deadline)) }
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
