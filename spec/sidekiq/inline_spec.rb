# frozen_string_literal: true

# In processes of their own: ActiveSupport changes classes of Ruby's.
RSpec.describe "Jobs that Sidekiq runs inline in another", :native, :sidekiq do
  jobs = <<~'RUBY'
    require "json"
    require "logger"
    require "active_job"
    require "sidekiq/api"
    require "deltalake/sidekiq"
    ActiveJob::Base.logger = Logger.new(nil)
    Redis.silence_deprecations = true if defined?(Redis) && Redis.respond_to?(:silence_deprecations=)
    Sidekiq.configure_client { |config| config.redis = { url: URL } }
    MIDDLEWARE = DeltaLake::Sidekiq::Middleware
    server = Sidekiq.respond_to?(:default_configuration) ? Sidekiq.default_configuration : Sidekiq
    2.times { server.server_middleware { |chain| chain.add(Class.new(MIDDLEWARE)) } }
    DeltaLake.create("#{DIR}/t", schema: { id: :long })
    def ids = DeltaLake.open("#{DIR}/t").pluck(:id).sort
    def show(value) = puts(JSON.generate(value))
    class AppendJob
      include Sidekiq::Job
      def perform(id) = DeltaLake.open("#{DIR}/t").append([{ id: id }], once: :job)
    end
    class RailsJob < ActiveJob::Base
      include DeltaLake::ActiveJob
      retry_on IOError, wait: 0
      FAILS = []
      def perform(id)
        DeltaLake.open("#{DIR}/t").append([{ id: id }], once: :job)
        raise IOError if FAILS.shift
      end
    end
    class CopyJob
      include Sidekiq::Job
      include DeltaLake::Sidekiq::TaskJob
    end
    class BeginJob
      include Sidekiq::Job
      def perform = DeltaLake::Sidekiq::FanOut.start([1, 2], job: CopyJob)
    end
    Outer = Class.new
    def outer(&) = MIDDLEWARE.new.call(Outer.new, { "jid" => "abc" }, "default", &)
    # A job of ActiveJob's as Sidekiq has it, under a new jid each time.
    def work_off(data)
      job = { "jid" => rand.to_s, "wrapped" => "RailsJob", "args" => [data] }
      MIDDLEWARE.new.call(Object.new, job, "default") { ActiveJob::Base.execute(data) }
    end
  RUBY

  before(:context) do
    skip_without("active_job")
  end

  define_method(:shown) do |script|
    shown_by("DIR = #{tmpdir.inspect}\nURL = #{Services::Redis.running.url.inspect}\n#{jobs}#{script}")
  end

  it "add nothing twice where that is run again" do
    expect(shown(<<~RUBY)).to eq([[1, 2, 2, 3]])
      3.times do
        outer do
          AppendJob.perform_inline(1)
          2.times { AppendJob.perform_inline(2) }
          RailsJob.perform_now(3)
        end
      end
      show(ids)
    RUBY
  end

  it "begin a fan-out once" do
    expect(shown(<<~RUBY)).to eq([1])
      3.times { outer { BeginJob.perform_inline } }
      show(DeltaLake::Sidekiq::FanOut::State.all.size)
    RUBY
  end

  it "have the id of their first run where ActiveJob retries them over Sidekiq" do
    expect(shown(<<~RUBY)).to eq([[1, 1], [1], [1]])
      ActiveJob::Base.queue_adapter = :test
      queue = ActiveJob::Base.queue_adapter.enqueued_jobs
      RailsJob::FAILS.push(true)
      outer { RailsJob.perform_now(1) }
      show([queue.size, ids.size])
      data = queue.shift.select { |key, _| key.is_a?(String) }
      2.times { work_off(data) }
      show(ids)
      outer { RailsJob.perform_now(1) }
      show(ids)
    RUBY
  end

  it "keep the id of ActiveJob where Sidekiq runs its job, and none has begun it inline" do
    expect(shown(<<~RUBY)).to eq([[%w[own/1], [1]]])
      2.times { work_off(RailsJob.new(1).tap { |job| job.job_id = "own" }.serialize) }
      show([DeltaLake.open("\#{DIR}/t").transactions.keys.map { |key| key.delete_prefix("once:") }, ids])
    RUBY
  end
end
