# frozen_string_literal: true

# Sidekiq without a Redis: jobs are kept in the process, and run with the middleware of a server.
require "sidekiq/testing"
require "deltalake/sidekiq"

Sidekiq::Testing.fake!
Sidekiq::Testing.server_middleware { |chain| chain.add(DeltaLake::Sidekiq::Middleware) }

# What Sidekiq does with a job that has failed.
def run_again(jid, job, *arguments)
  job.process_job("class" => job.name, "jid" => jid, "args" => arguments, "queue" => "default")
end
