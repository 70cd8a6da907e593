# frozen_string_literal: true

# Run by the processes of spec/sidekiq/fan_out_spec.rb and staged_work_spec.rb.
require "sidekiq"
require "deltalake/sidekiq"

Sidekiq.configure_server do |config|
  config.on(:startup) do
    names = Thread.list.map { |thread| thread.name.to_s }
    Sidekiq.redis { |redis| redis.call("RPUSH", "threads", *names) }
  end
end

# What all of them do besides: count, and fail once for some tasks.
module Trouble
  def trouble(task)
    name = Digest::SHA256.hexdigest(task.to_json)
    Sidekiq.redis { |redis| redis.call("HINCRBY", "runs", name, 1) }
    raise "injected" if (name.hex % 7).zero? && Sidekiq.redis { |redis| redis.call("SADD", "failed", name) } == 1

    sleep(rand(0.05))
  end
end

# Copies its part of a table.
class CopyJob
  include Sidekiq::Worker
  include DeltaLake::Sidekiq::TaskJob
  include Trouble

  def perform_task(task, target)
    DeltaLake.open(target).append(task, once: :job)
    trouble(task)
  end
end

# Stages its part of a table.
class StageJob
  include Sidekiq::Worker
  include DeltaLake::Sidekiq::StageJob
  include Trouble

  def perform_task(task, *)
    trouble(task)
    task
  end
end

# Comes when all is done.
class DoneJob
  include Sidekiq::Worker

  def perform(id, *args)
    raise "injected" if Sidekiq.redis { |redis| redis.call("SADD", "callbacks", jid) } == 1

    Sidekiq.redis { |redis| redis.call("LPUSH", "completed", Sidekiq.dump_json([id, args, jid])) }
  end
end

# Begins a fan-out, and fails the first time.
class BeginJob
  include Sidekiq::Worker

  def perform(source, target)
    DeltaLake::Sidekiq::FanOut.start(DeltaLake.open(source).scan, job: CopyJob, args: [target], on_complete: DoneJob,
                                                                  target_bytes: 1, lease: 1)
    DeltaLake::Sidekiq::StagedWork.start(DeltaLake.open(source).scan, job: StageJob, into: target, lease: 1)
    raise "injected" if Sidekiq.redis { |redis| redis.call("SADD", "begun", jid) } == 1
  end
end
