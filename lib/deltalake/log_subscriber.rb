# frozen_string_literal: true

require "active_support"
require "active_support/log_subscriber"
require_relative "../deltalake"

module DeltaLake
  # Writes a line for each event of a table that goes through `ActiveSupport::Notifications`: writes at level info,
  # reads at level debug, and what failed at level error. It comes with `require "deltalake/rails"`.
  #
  # @example
  #   DeltaLake append s3://bucket/orders (12.3ms) version=5 rows=100 files=1 bytes=2345 attempts=1 requests=4
  class LogSubscriber < ActiveSupport::LogSubscriber
    # Of the payload, in this order.
    FIGURES = %i[version rows files bytes attempts requests retries].freeze
    private_constant :FIGURES

    Instrumentation::WRITES.each do |operation|
      define_method(operation) { |event| tell(event, :info) }
    end
    Instrumentation::READS.each do |operation|
      define_method(operation) { |event| tell(event, :debug) }
    end

    # @return [Logger, nil]
    def logger
      DeltaLake.configuration.logger || super
    end

    private

    def tell(event, level)
      payload = event.payload
      level = :error if payload[:error].is_a?(Error)
      logger&.public_send(level) { line(event.duration, payload) }
    end

    def line(milliseconds, payload)
      figures = payload.slice(*FIGURES).compact.map { |name, value| "#{name}=#{value}" }
      figures << "skipped" if payload[:skipped]
      figures << "given up" if payload[:complete] == false && payload[:error].nil?
      figures << "#{payload[:error].class}: #{payload[:error].message.lines.first.to_s.chomp}" if payload[:error]
      "DeltaLake #{payload[:operation]} #{payload[:table]} (#{milliseconds.round(1)}ms) #{figures.join(' ')}".rstrip
    end
  end
end

DeltaLake::LogSubscriber.attach_to(DeltaLake::Instrumentation::SUFFIX.to_sym)
DeltaLake::Instrumentation.logged = true
