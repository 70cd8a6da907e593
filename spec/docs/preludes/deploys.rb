# frozen_string_literal: true

require_relative "sidekiq_middleware"
