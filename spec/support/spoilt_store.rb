# frozen_string_literal: true

require "securerandom"
require_relative "fault_proxy"

# For the examples of a store: `proxy` in front of it, and `spoilt`, the options of the way through it.
RSpec.shared_context "with a store that fails" do
  let!(:proxy) { FaultProxy.new(server.port) }
  let(:schema) { { id: :long, part: :string } }
  let(:read_timeout) { 0.2 }
  let(:spoilt) do
    key = storage.keys.grep(/endpoint|service_account/).first
    storage.merge(key => storage[key].sub(/127\.0\.0\.1:#{server.port}/, "127.0.0.1:#{proxy.port}"),
                  "retry_backoff" => "0.002", "retry_timeout" => "10", "read_timeout" => read_timeout.to_s,
                  "conditional_put" => "trust")
  end

  before { DeltaLake.configure { |config| config.checkpoints = :manual } }

  after do
    proxy.stop
    DeltaLake.configure { |config| config.checkpoints = :background }
  end

  def row(id) = { id:, part: "p#{id % 2}" }

  # A table of the rows 1 to 3, at version 2.
  def fresh
    Servers.fresh(server_name).tap do |at|
      table = DeltaLake.create(at, schema:, storage:)
      table.append([row(1), row(2)])
      table.append([row(3)])
    end
  end

  def ids(at) = DeltaLake.open(at, storage:).pluck(:id).sort

  # The same options for a store of which this process knows nothing yet.
  def unknown(storage) = storage.merge("user_agent" => SecureRandom.hex(8))

  def error_of(&) = told(&) || raise("no error was told")

  # The error, if there is one.
  def told
    yield.then { nil }
  rescue DeltaLake::Error => e
    e
  end

  # Spoils the request of that number, or all from there on.
  def spoil(fault, number, for_good: false)
    proxy.clear
    proxy.judge = ->(request) { fault if for_good ? request.number >= number : request.number == number }
  end
end
