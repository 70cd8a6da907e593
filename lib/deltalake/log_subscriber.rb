# frozen_string_literal: true

require "active_support"
require "active_support/log_subscriber"
require_relative "../deltalake"

module DeltaLake
  # Writes a line for each event of a table that goes through `ActiveSupport::Notifications`: writes, syncs, exports and
  # upkeep at level info, reads at debug, and what failed at error. Flushes are at debug, for the append of each is a
  # write, and rows that go to `dead_letter` or `hand_over` at warn. It comes with `require "deltalake/rails"`.
  #
  # @example
  #   DeltaLake append s3://bucket/orders (12.3ms) version=5 rows=100 files=1 bytes=2345 attempts=1 requests=4
  class LogSubscriber < ActiveSupport::LogSubscriber
    # Of the payload, in this order.
    FIGURES = %i[name mode from_version to_version version rows files bytes attempts requests retries rows_read
                 files_read upserted deleted resynced commits why try refused reason expired].freeze
    # Of what makes several calls, where it is not info.
    LEVELS = { flush: :debug, dead_letter: :warn, hand_over: :warn }.freeze
    private_constant :FIGURES, :LEVELS

    Instrumentation::WRITES.each do |operation|
      define_method(operation) { |event| tell(event, :info) }
    end
    Instrumentation::READS.each do |operation|
      define_method(operation) { |event| tell(event, :debug) }
    end
    Instrumentation::RUNS.each do |operation|
      define_method(operation) { |event| tell(event, LEVELS.fetch(operation, :info), failed: StandardError) }
    end

    # @return [Logger, nil]
    def logger
      DeltaLake.configuration.logger || super
    end

    private

    # @param failed [Class] of errors that are not the caller's own
    def tell(event, level, failed: Error)
      payload = event.payload
      level = :error if payload[:error].is_a?(failed)
      logger&.public_send(level) { line(event.duration, payload) }
    end

    def line(milliseconds, payload)
      figures = payload.slice(*FIGURES).compact.map { |name, value| "#{name}=#{value}" }
      figures.concat(words(payload))
      "DeltaLake #{payload[:operation]} #{payload[:table]} (#{milliseconds.round(1)}ms) #{figures.join(' ')}".rstrip
    end

    def words(payload)
      error = payload[:error]
      words = %i[skipped uncertain].select { |name| payload[name] }.map(&:to_s)
      words << "given up" if payload[:complete] == false && error.nil?
      words << "#{error.class}: #{error.message.lines.first.to_s.chomp}" if error
      words.compact
    end
  end
end

DeltaLake::LogSubscriber.attach_to(DeltaLake::Instrumentation::SUFFIX.to_sym)
DeltaLake::Instrumentation.logged = ActiveSupport::Notifications
