# frozen_string_literal: true

# Run by the processes of spec/sidekiq/hand_over_spec.rb.
require "sidekiq"
require "deltalake/sidekiq"

# Appends fail while there is a file: with nothing written, or with an outcome that nobody knows.
module Faults
  def append(rows, **options)
    return super unless File.exist?(ENV.fetch("BROKEN"))
    raise DeltaLake::StorageUnavailableError, "injected" if rand < 0.5

    super
    raise DeltaLake::CommitOutcomeUnknownError, "injected"
  end
end
DeltaLake::Table.prepend(Faults)

DeltaLake.configure { |c| c.storage_profiles = { nothing: {} } }
BUFFER = DeltaLake::Buffer.new(
  ENV.fetch("TABLE"), storage: :nothing, rows: 40, max_rows: 10_000, age: 0.2, close_deadline: 1,
                      dead_letter: ->(row, error) { warn "dead letter: #{row} #{error.message}" },
                      hand_over: DeltaLake::Sidekiq::HandOver.new(storage: :nothing)
)

# Rows that are in the buffer when the job is done.
class PushJob
  include Sidekiq::Worker

  def perform(id)
    BUFFER.concat(Array.new(10) { |i| { id: (id * 10) + i } })
    Sidekiq.redis { |redis| redis.call("SADD", "done", id) }
  end
end

# Rows that are in the table when the job is done.
class FlushJob
  include Sidekiq::Worker
  sidekiq_options retry: false

  def perform(id)
    BUFFER.push(id: id)
    BUFFER.flush
    Sidekiq.redis { |redis| redis.call("SADD", "flushed", id) }
  end
end
