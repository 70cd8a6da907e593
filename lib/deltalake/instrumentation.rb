# frozen_string_literal: true

require_relative "address"
require_relative "clock"
require_relative "instrumentation/work"
require_relative "log"
require_relative "value"

module DeltaLake
  # Tells the configured instrumenter of what is done to tables: one event for each call, with a name such as
  # `append.deltalake`. Without an instrumenter it is a method that yields. What an instrumenter or a subscriber raises
  # goes to the log, and changes nothing of the call: neither what it does, nor what it gives or raises.
  #
  # The payload of an event, as far as each has a meaning: `:operation` (Symbol), `:table` (address, without secrets),
  # `:version`, `:rows`, `:files`, `:bytes`, `:attempts`, `:skipped`, `:requests` (to the store, in all), `:retries`,
  # `:bytes_sent`, `:bytes_received`, `:duration` (seconds), `:error` (what ended the call); for what is enumerated
  # `:complete`, false where it was given up.
  #
  # What makes several calls, or goes on behind them, has events of its own besides those of its calls:
  #
  # - `sync`: {Sync#run}; `:name`, and what {Sync::Result} has: `:mode`, `:from_version`, `:to_version`, `:rows_read`,
  #   `:files_read`, `:upserted`, `:deleted`, `:resynced`
  # - `export`: {Export#run}; `:name`, and what {Export::Result} has: `:rows`, `:commits`, `:from`, `:to`, `:version`
  # - `flush`: each try of a {Buffer} to append a batch; what its append tells, `:why` (`:rows`, `:bytes`, `:age`,
  #   `:full`, `:flush` or `:close`), `:try` (1 and up), `:refused` (rows that the table does not take), `:memory`
  #   (bytes of the rows, about) and `:waited` (seconds, of the first row)
  # - `dead_letter`: a round of rows that go to `dead_letter`; `:rows`, and `:reason` (why the first is there)
  # - `hand_over`: a batch that goes to `hand_over`; `:rows`, `:memory`, and `:uncertain` (see
  #   {Buffer::Batch#uncertain?})
  # - `upkeep`: a checkpoint that was written behind a commit, told by the next call that moves a table's handle, or at
  #   the end of the process; `:version`, `:files` and `:bytes` of the checkpoint, and `:expired` (files of the log that
  #   were deleted after it), or `:error`; no `:duration`
  #
  # @see Configuration#instrumenter
  module Instrumentation
    # What comes after the operation in the name of an event.
    SUFFIX = "deltalake"
    # What changes a table, or what lies in it.
    WRITES = %i[create append append_json overwrite stage commit alter checkpoint clean_log].freeze
    # What does not.
    READS = %i[open refresh exists scan count tasks explain history changes arrow_c_stream].freeze
    # What makes several of those calls, or goes on behind them.
    RUNS = %i[sync export flush dead_letter hand_over upkeep].freeze
    # Methods of results that say something of what was done.
    FACTS = %i[version rows files bytes attempts duration].freeze
    private_constant :FACTS

    class << self
      # An instrumenter whose events are logged, so that nobody else need log commits.
      # @api private
      attr_writer :logged

      # @api private
      def logged?
        !@logged.nil? && DeltaLake.configuration.instrumenter.equal?(@logged)
      end

      # Tells of what the block does, and gives what the block gives.
      #
      # @param operation [Symbol]
      # @param source [#uri] the table, as its address is asked for
      # @param known [Hash] what is known before
      # @api private
      def tell(operation, source, **known, &block)
        instrumenter = DeltaLake.configuration.instrumenter
        return yield unless instrumenter

        payload = { operation:, table: Address.shown(source.uri), **known }
        told(instrumenter, payload) { observe(payload, &block) }
      end

      # The same for what makes several calls, and whose result tells of them all.
      #
      # @param uri [String] of the table
      # @yieldparam payload [Hash] for what is known on the way
      # @api private
      def tell_run(operation, uri, **known)
        instrumenter = DeltaLake.configuration.instrumenter
        return yield({}) unless instrumenter

        payload = { operation:, table: Address.shown(uri), **known }
        told(instrumenter, payload) do
          timed(payload) { yield(payload).tap { |result| payload.update(summary(result)) } }
        end
      end

      # The same for what is over, and was not seen.
      #
      # @param uri [String] of the table
      # @api private
      def announce(operation, uri, **known)
        instrumenter = DeltaLake.configuration.instrumenter
        told(instrumenter, { operation:, table: Address.shown(uri), **known }) { nil } if instrumenter
      end

      # The same for what is enumerated: the block gets an {Enumeration}, or nil.
      #
      # @api private
      def tell_enumeration(operation, source)
        instrumenter = DeltaLake.configuration.instrumenter
        return yield(nil) unless instrumenter

        payload = { operation:, table: Address.shown(source.uri), version: source.version, rows: 0, complete: false }
        told(instrumenter, payload) do
          timed(payload) do
            yield(Enumeration.new(payload)).tap { payload[:complete] = true }
          end
        end
      end

      private

      def told(instrumenter, payload, &)
        work = Work.new(&)
        name = "#{payload[:operation]}.#{SUFFIX}"
        work.call if failed?(name, work) { instrumenter.instrument(name, payload) { work.call } }
        return work.outcome unless work.waiting?

        raise ConfigurationError, "the instrumenter (#{instrumenter.class}) did not call the block of `instrument`: " \
                                  "nothing was done"
      end

      # Whether the instrumenter has, by itself.
      def failed?(name, work)
        yield
        false
      rescue StandardError, ScriptError => e
        raise if e.equal?(work.error) || work.left?

        Log.complain("a subscriber of #{name} failed: #{e.class}: #{e.message}")
        true
      end

      def observe(payload)
        timed(payload) do
          result = yield
          payload.update(asked(result)).update(facts(result))
          result
        end
      end

      def timed(payload)
        started = Clock.now
        yield
      rescue StandardError => e
        payload[:error] = e
        payload[:version] ||= e.version if e.is_a?(Error)
        raise
      ensure
        payload[:duration] ||= Clock.now - started
      end

      def asked(result)
        metrics = result.is_a?(Commit) ? result.metrics : Native.asked
        Enumeration.requests(metrics)
      end

      def summary(result)
        case result
        when Commit then asked(result).merge(facts(result))
        when Value then result.to_h
        else {}
        end
      end

      def facts(result)
        case result
        when Table, Snapshot then { version: result.version }
        when Integer then { rows: result }
        when Value, StagedFiles
          found = FACTS.select { |name| result.respond_to?(name) }.to_h { |name| [name, result.public_send(name)] }
          result.respond_to?(:skipped?) ? found.merge(skipped: result.skipped?) : found
        else {}
        end
      end
    end

    # What has been enumerated so far.
    # @api private
    class Enumeration
      # @param metrics [Hash] as native calls give them
      # @return [Hash{Symbol => Integer}]
      def self.requests(metrics)
        { requests: metrics[:requests].values.sum, retries: metrics[:retries],
          bytes_sent: metrics[:bytes_sent], bytes_received: metrics[:bytes_received] }
      end

      # @param payload [Hash] of the event
      def initialize(payload)
        @payload = payload
      end

      # @param count [Integer] so many more
      def took(count)
        @payload[:rows] += count
      end

      # @param files [Integer] data files that were opened
      # @param metrics [Hash] what was asked of the store
      def ended(files, metrics)
        @payload[:files] = files
        @payload.update(self.class.requests(metrics))
      end
    end
  end
end
