# frozen_string_literal: true

require "rails/railtie"
require_relative "settings"

module DeltaLake
  # What a Rails application gets: `config/deltalake.yml` and `config.deltalake`, the logger, rake tasks and generators.
  #
  # @example In config/application.rb
  #   config.deltalake.threads = 2
  #   config.deltalake.tables = { orders: "s3://warehouse/orders" }
  class Railtie < ::Rails::Railtie
    config.deltalake = ActiveSupport::OrderedOptions.new

    # Before the application's initializers, which may use tables.
    initializer "deltalake.configure", after: :initialize_logger, before: :load_config_initializers do |app|
      RailsSettings.new(app).apply
    end

    rake_tasks { load File.expand_path("tasks.rake", __dir__) }
  end
end
