# frozen_string_literal: true

require_relative "address"
require_relative "clock"
require_relative "value"

module DeltaLake
  # Tells the configured instrumenter of what is done to tables: one event for each call, with a name such as
  # `append.deltalake`. Without an instrumenter it is a method that yields.
  #
  # The payload of an event, as far as each has a meaning: `:operation` (Symbol), `:table` (address, without secrets),
  # `:version`, `:rows`, `:files`, `:bytes`, `:attempts`, `:skipped`, `:requests` (to the store, in all), `:retries`,
  # `:bytes_sent`, `:bytes_received`, `:duration` (seconds), `:error` (what ended the call); for what is enumerated
  # `:complete`, false where it was given up.
  #
  # @see Configuration#instrumenter
  module Instrumentation
    # What comes after the operation in the name of an event.
    SUFFIX = "deltalake"
    # What changes a table, or what lies in it.
    WRITES = %i[create append append_json overwrite stage commit alter checkpoint clean_log].freeze
    # What does not.
    READS = %i[open refresh exists scan count tasks explain history changes arrow_c_stream].freeze
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

      def told(instrumenter, payload)
        called = false
        result = nil
        instrumenter.instrument("#{payload[:operation]}.#{SUFFIX}", payload) do
          called = true
          result = yield
        end
        return result if called

        raise ConfigurationError, "the instrumenter (#{instrumenter.class}) did not call the block of `instrument`: " \
                                  "nothing was done"
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
