# frozen_string_literal: true

# What runs jobs as a server does, where the guide does not show it.
require_relative "sidekiq"

Sidekiq::Testing.server_middleware { |chain| chain.add(DeltaLake::Sidekiq::Middleware) }
