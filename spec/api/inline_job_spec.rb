# frozen_string_literal: true

# In processes of their own: ActiveSupport changes classes of Ruby's. "The outer job is run again" is the same id again.
RSpec.describe "Jobs that are run inline in another", :native do
  models = <<~'RUBY'
    require "json"
    require "logger"
    require "active_job"
    require "deltalake/active_job"
    ActiveJob::Base.logger = Logger.new(nil)
    ActiveJob::Base.queue_adapter = :test
    def queue = ActiveJob::Base.queue_adapter.enqueued_jobs
    def table = DeltaLake.open("#{DIR}/t")
    def show(value) = puts(JSON.generate(value))
    def ids = table.pluck(:id).sort
    DeltaLake.create("#{DIR}/t", schema: { id: :long })
    class AppendJob < ActiveJob::Base
      include DeltaLake::ActiveJob
      def perform(id, name = nil) = table.append([{ id: id }], once: name ? { job: name } : :job)
    end
    class RetriedJob < AppendJob
      retry_on IOError, attempts: 9, wait: 0
      FAILS = []
      def perform(id)
        super
        raise IOError, "after the append" if FAILS.shift
      end
    end
    def outer(id = "outer", **options, &) = DeltaLake::CurrentJob.with(id, **options, &)
    # As a queue does it.
    def work_off(job = queue.shift) = ActiveJob::Base.execute(job.slice(*job.keys.grep(String)))
  RUBY

  before(:context) do
    skip_without("active_job")
  end

  define_method(:shown) { |script| shown_by("DIR = #{tmpdir.inspect}\n#{models}#{script}") }

  it "add nothing twice where that is run again, and nothing of another's" do
    first, again, other = shown(<<~RUBY)
      work = lambda do
        AppendJob.perform_now(1)
        AppendJob.perform_now(2)
        2.times { AppendJob.perform_now(3) }
        2.times { AppendJob.perform_now(4, "orders") }
        AppendJob.perform_now(5, "orders")
        Class.new(AppendJob).perform_now(1)
      end
      outer(&work)
      show(ids)
      outer(&work)
      show(ids)
      outer("other") { AppendJob.perform_now(1) }
      show(ids)
    RUBY
    expect(first).to eq([1, 1, 2, 3, 3, 4, 4, 5])
    expect(again).to eq(first)
    expect(other).to eq([1, *first])
  end

  it "lose nothing where the next run leaves out what is done" do
    expect(shown(<<~RUBY)).to eq([[1, 2, 3]])
      outer { AppendJob.perform_now(1) }
      outer { [2, 3].each { |id| AppendJob.perform_now(id) } }
      outer { AppendJob.perform_now(3) }
      show(ids)
    RUBY
  end

  it "have the id of their first run where they retry themselves, before the outer job's next run and after it" do
    payload, before, after = shown(<<~RUBY)
      run = -> { outer { RetriedJob.perform_now(1) } }
      RetriedJob::FAILS.push(true, true, true)
      run.call
      show([queue.size, queue.first.keys.grep(/deltalake/)])
      work_off
      show([ids, queue.size])
      run.call
      2.times { work_off }
      show([ids, queue.size])
    RUBY
    expect(payload).to eq([1, ["deltalake_inline"]])
    expect(before).to eq([[1], 1])
    expect(after).to eq([[1], 0])
  end

  it "go by their own id where there is no outer job, and the payload is ActiveJob's" do
    expect(shown(<<~RUBY)).to eq([[[], [1]]])
      RetriedJob::FAILS.push(true, true)
      RetriedJob.perform_later(1)
      work_off
      keys = queue.first.keys.grep(/deltalake/)
      2.times { work_off if queue.any? }
      show([keys, ids])
    RUBY
  end

  it "have ids within one another" do
    expect(shown(<<~RUBY)).to eq([[1, 2, 2]])
      class MiddleJob < ActiveJob::Base
        include DeltaLake::ActiveJob
        def perform(id)
          table.append([{ id: id }], once: :job)
          AppendJob.perform_now(2)
        end
      end
      2.times { outer { MiddleJob.perform_now(1); AppendJob.perform_now(2) } }
      show(ids)
    RUBY
  end

  it "take what ActiveJob cannot serialize, by their number" do
    expect(shown(<<~RUBY)).to eq([[1, 2]])
      class AnyJob < AppendJob
        def perform(given) = super(given.id)
      end
      any = Struct.new(:id)
      2.times { outer { [1, 2].each { |id| AnyJob.perform_now(any.new(id)) } } }
      show(ids)
    RUBY
  end

  it "are refused a key in a job that goes on in its middle, where nothing gives them an id" do
    refused, rows = shown(<<~RUBY)
      class QuietJob < ActiveJob::Base
        include DeltaLake::ActiveJob
        def perform = AppendJob.perform_now(1, "orders")
      end
      class IdleJob < ActiveJob::Base
        include DeltaLake::ActiveJob
        def perform = :done
      end
      outer(resumes: true) do
        show([-> { AppendJob.perform_now(1) }, -> { QuietJob.perform_now }, -> { IdleJob.perform_now }].map do |job|
          job.call
        rescue ArgumentError => e
          e.message
        end)
        2.times { outer("outer-1") { AppendJob.perform_now(2) } }
      end
      show(ids)
    RUBY
    expect(refused).to match([/run inline in one that may go on in its middle/, /run inline in one/, "done"])
    expect(rows).to eq([2])
  end
end
