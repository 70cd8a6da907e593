# frozen_string_literal: true

# Run by the processes of spec/sidekiq/append_spec.rb.
require "sidekiq"
require "deltalake/sidekiq"

TABLE = DeltaLake.open(ENV.fetch("TABLE"))

# Two rows in an append of their own, and for some jobs two more; every third job fails between, the first time.
class AppendJob
  include Sidekiq::Worker

  def perform(id)
    first = TABLE.append(rows(id, 0..1), once: :job)
    raise "fails after its append" if (id % 3).zero? && !first.skipped?

    TABLE.append(rows(id, 2..3), once: :job) if (id % 5).zero?
    TABLE.append(rows(id, 4..5), once: { job: "more" }) if (id % 25).zero?
    Sidekiq.redis { |redis| redis.call("SADD", "done", jid) }
  end

  def rows(id, numbers)
    numbers.map { |number| { job: id, row: number } }
  end
end

# An append that is under way until a file appears.
class SlowJob
  include Sidekiq::Worker

  def perform(go, begun)
    rows = Enumerator.new do |y|
      2_500.times { |i| y << { job: 0, row: i } }
      File.write(begun, "")
      sleep(0.01) until File.exist?(go)
      y << { job: 0, row: 2_500 }
    end
    TABLE.append(rows, once: :job)
    Sidekiq.redis { |redis| redis.call("SADD", "done", jid) }
  end
end
