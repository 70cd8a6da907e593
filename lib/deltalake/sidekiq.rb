# frozen_string_literal: true

require "sidekiq"
require_relative "../deltalake"
require_relative "active_job"
require_relative "buffer"
require_relative "sidekiq/fan_out"
require_relative "sidekiq/hand_over"
require_relative "sidekiq/maintenance"
require_relative "sidekiq/middleware"
require_relative "sidekiq/re_push_job"
require_relative "sidekiq/staged_work"
require_relative "sidekiq/task_job"

module DeltaLake
  # What Sidekiq's jobs need, for who asks for it by name; Sidekiq 6.4 and later.
  #
  # @example
  #   # config/initializers/sidekiq.rb
  #   require "deltalake/sidekiq"
  #
  #   class ImportJob
  #     include Sidekiq::Job
  #
  #     def perform(rows) = DeltaLake.open("s3://bucket/orders").append(rows, once: :job)
  #   end
  module Sidekiq
    ::Sidekiq.configure_server do |config|
      config.server_middleware { |chain| chain.prepend(Middleware) }
      config.on(:startup) { FanOut::Rounds.begin }
      # Jobs that are still running push more: the rest is flushed when the process ends.
      %i[quiet shutdown].each { |event| config.on(event) { Buffer::Registry.all.each(&:flush_soon) } }
    end
  end
end
