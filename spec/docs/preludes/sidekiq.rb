# frozen_string_literal: true

# Sidekiq without a Redis: jobs are kept in the process.
require "sidekiq/testing"
require "deltalake/sidekiq"

Sidekiq::Testing.fake!

# What Sidekiq does with a job that has failed.
def run_again(jid, job, *arguments)
  job.process_job("class" => job.name, "jid" => jid, "args" => arguments, "queue" => "default")
end
