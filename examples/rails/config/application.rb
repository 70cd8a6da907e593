# frozen_string_literal: true

# The smallest Rails application there is for this: models, jobs and configuration, no web.

require "rails"
require "active_record/railtie"
require "active_job/railtie"
require "deltalake/rails"
require "deltalake/active_record"
require "deltalake/active_job"

module Shop
  class Application < Rails::Application
    config.root = File.expand_path("..", __dir__)
    config.load_defaults "#{Rails::VERSION::MAJOR}.#{Rails::VERSION::MINOR}"
    config.eager_load = false
    config.secret_key_base = "no secrets here"
    config.logger = ActiveSupport::Logger.new(ENV.fetch("SHOP_LOG", File::NULL))
    config.active_job.queue_adapter = :inline
  end
end
