# frozen_string_literal: true

# Examples with `fan_out: true` have the jobs of fan-outs in this process, and do them one by one.
module FanOutHelper
  # Stands for the class of the same name in spec/sidekiq/jobs.
  def job_class(mixin = nil, &work)
    Class.new do
      include Sidekiq::Worker
      include mixin if mixin
      define_method(:perform_task, &work) if work
    end
  end

  def perform(job)
    job.delete
    Object.const_get(job.klass).new.tap { |instance| instance.jid = job.jid }.perform(*job.args)
  end

  # The job that follows as Sidekiq runs it.
  def perform_callback(job)
    follow(job) { perform(job) }
  end

  # The job that follows, of which the block is the work.
  def follow(job, &work)
    DeltaLake::Sidekiq::Middleware.new.call(Object.const_get(job.klass).new, job.item, job.queue, &work)
  end

  def state(found)
    DeltaLake::Sidekiq::FanOut::State.new(found.id)
  end

  def watch(found)
    DeltaLake::Sidekiq::FanOut::WatchdogJob.new.tap { |job| job.jid = state(found).watch.first }.perform(found.id)
  end

  def queue(name = "default")
    Sidekiq::Queue.new(name)
  end
end

RSpec.configure { |config| config.include FanOutHelper, fan_out: true }
