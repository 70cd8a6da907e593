# frozen_string_literal: true

# In processes of their own: sidekiq/testing stays.
RSpec.describe "Fan-outs under Sidekiq::Testing", :native, :sidekiq do
  jobs = <<~'RUBY'
    require "json"
    require "timeout"
    require "sidekiq/testing"
    require "deltalake/sidekiq"
    Redis.silence_deprecations = true if defined?(Redis) && Redis.respond_to?(:silence_deprecations=)
    Sidekiq.configure_client { |config| config.redis = { url: URL } }
    Sidekiq::Testing.server_middleware { |chain| chain.add DeltaLake::Sidekiq::Middleware }
    TARGET = DeltaLake.create("#{DIR}/target", schema: { id: :long })
    class CopyJob
      include Sidekiq::Job
      include DeltaLake::Sidekiq::TaskJob
      def perform_task(task) = TARGET.append([{ id: task }], once: :job)
    end
    class StageJob
      include Sidekiq::Job
      include DeltaLake::Sidekiq::StageJob
      def perform_task(task) = [{ id: task }]
    end
    class DoneJob
      include Sidekiq::Job
      def perform(_id) = ($done = $done.to_i + 1)
    end
    def show(fan_out)
      puts JSON.generate([fan_out.over?, fan_out.left, TARGET.refresh.pluck(:id).sort, $done, Sidekiq::Worker.jobs.size])
    end
    def copy = DeltaLake::Sidekiq::FanOut.start([1, 2, 3], job: CopyJob, on_complete: DoneJob)
    def stage = DeltaLake::Sidekiq::StagedWork.start([4, 5], job: StageJob, into: TARGET, on_complete: DoneJob)
    Timeout.timeout(30) do
  RUBY

  define_method(:shown) do |script|
    shown_by("DIR = #{tmpdir.inspect}\nURL = #{Services::Redis.running.url.inspect}\n#{jobs}#{script}\nend")
  end

  it "are done as a whole where all jobs are drained" do
    expect(shown(<<~RUBY)).to eq([[false, 3, [], nil, 3], [true, 0, [1, 2, 3], 1, 0], [true, 0, [1, 2, 3, 4, 5], 2, 0]])
      found = copy
      show(found)
      Sidekiq::Worker.drain_all
      show(found)
      found = stage
      Sidekiq::Worker.drain_all
      show(found)
    RUBY
  end

  it "are done as a whole while they are begun, inline" do
    expect(shown(<<~RUBY)).to eq([[true, 0, [1, 2, 3], 1, 0], [true, 0, [1, 2, 3, 4, 5], 2, 0]])
      Sidekiq::Testing.inline! do
        show(copy)
        show(stage)
      end
    RUBY
  end
end
