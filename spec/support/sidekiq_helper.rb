# frozen_string_literal: true

require "json"
require "rbconfig"
require_relative "services/redis"

# Examples with `sidekiq: true` have a Redis that is empty, and processes of Sidekiq when they ask for them.
module SidekiqHelper
  LIB = File.expand_path("../../lib", __dir__)
  JOBS = File.expand_path("../sidekiq/jobs", __dir__)

  # Why they are skipped, if they are.
  def self.missing
    Services::Redis.missing || begin
      require "sidekiq/api"
      nil
    rescue LoadError
      "there is no Sidekiq: bin/test installs it, or apt-get install ruby-sidekiq"
    end
  end

  def self.connect
    ::Redis.silence_deprecations = true if defined?(::Redis) && ::Redis.respond_to?(:silence_deprecations=)
    url = Services::Redis.running.url
    Sidekiq.configure_client { |config| config.redis = { url: url } }
    Sidekiq.redis { |redis| redis.call("FLUSHALL") }
  end

  # A process of Sidekiq that runs the jobs of spec/sidekiq/jobs. It is told by environment what they need.
  class Process
    attr_reader :pid

    def initialize(jobs, folder, environment, threads:, timeout:)
      @log = File.join(folder, "sidekiq-#{object_id}.log")
      command = [RbConfig.ruby, "-I", LIB, "-W0", Gem.bin_path("sidekiq", "sidekiq"),
                 "-r", File.join(JOBS, "#{jobs}.rb"), "-c", threads.to_s, "-t", timeout.to_s]
      environment = { "REDIS_URL" => Services::Redis.running.url, "RAILS_ENV" => nil }.merge(environment)
      @pid = ::Process.spawn(environment, *command, chdir: folder, in: File::NULL, %i[out err] => @log)
    end

    # Waits until it has ended.
    def stop(signal)
      ::Process.kill(signal, @pid)
      ::Process.wait(@pid)
    rescue Errno::ESRCH, Errno::ECHILD
      nil
    end

    def log
      File.read(@log)
    end
  end

  def start_sidekiq(jobs, environment, threads: 5, timeout: 1)
    SidekiqHelper::Process.new(jobs, tmpdir, environment, threads: threads, timeout: timeout)
                          .tap { |process| (@sidekiqs ||= []) << process }
  end

  def stop_sidekiqs
    @sidekiqs&.each { |process| process.stop(:KILL) }&.clear
  end

  # The answer of Redis to a command.
  def redis(*command)
    Sidekiq.redis { |connection| connection.call(*command) }
  end

  # Until it is so, however slow the machine is; a minute without news from `progress` is a failure.
  def wait_until(what, progress: -> {}, patience: 60)
    seen = progress.call
    since = ::Process.clock_gettime(::Process::CLOCK_MONOTONIC)
    until yield
      now = ::Process.clock_gettime(::Process::CLOCK_MONOTONIC)
      seen, since = progress.call, now unless progress.call == seen # rubocop:disable Style/ParallelAssignment
      raise "waited in vain until #{what} (#{seen.inspect}); Sidekiq said:\n#{sidekiq_logs}" if now - since > patience

      sleep(0.05)
    end
  end

  # What the scheduler does every few seconds: failed jobs are run again at once, others when it is time.
  def retry_failed
    Sidekiq::RetrySet.new.retry_all
    Sidekiq::ScheduledSet.new.each { |job| job.add_to_queue if job.at <= Time.now }
  end

  private

  def sidekiq_logs
    failed = [Sidekiq::RetrySet.new, Sidekiq::DeadSet.new].flat_map(&:to_a)
    failed = failed.map { |job| "#{job.klass} #{job.item['error_class']}: #{job.item['error_message']}" }.tally
    [failed, *@sidekiqs.to_a.map { |process| process.log.lines.last(15).join }].join("\n")
  end
end

RSpec.configure do |config|
  config.include SidekiqHelper, sidekiq: true
  config.before(:each, :sidekiq) do
    why = SidekiqHelper.missing
    skip why if why
    SidekiqHelper.connect
  end
  config.after(:each, :sidekiq) { stop_sidekiqs }
end
