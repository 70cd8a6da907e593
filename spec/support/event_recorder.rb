# frozen_string_literal: true

# An instrumenter that keeps what it is told; with `raises:`, one whose subscribers fail, `:before` the work or
# `:after`.
class EventRecorder
  Failed = Class.new(StandardError)

  # For specs that tell one.
  module Telling
    def telling(instrumenter)
      DeltaLake::Native.upkeep_done # of other examples
      DeltaLake.configure { |c| c.instrumenter = instrumenter }
      yield
    ensure
      DeltaLake.configure { |c| c.instrumenter = nil }
    end
  end

  attr_reader :events

  def initialize(raises: nil)
    @events = []
    @raises = raises
  end

  def instrument(name, payload)
    raise Failed, "before" if @raises == :before

    begin
      yield payload
    ensure
      @events << [name, payload]
      raise Failed, "after" if @raises == :after
    end
  end

  # Payloads of the events of an operation.
  def all(operation)
    events.filter_map { |name, payload| payload if name == "#{operation}.deltalake" }
  end

  def one(operation)
    found = all(operation)
    raise "events: #{events.map(&:first)}" unless found.size == 1

    found.first
  end
end

RSpec.configure { |config| config.include(EventRecorder::Telling) }
