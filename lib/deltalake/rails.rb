# frozen_string_literal: true

# Rails, for who asks for it by name: events through `ActiveSupport::Notifications`, a line of log for each, and, inside
# of a Rails application, its configuration, rake tasks and generators.
#
# @example In a Gemfile
#   gem "deltalake", require: "deltalake/rails"

require "active_support"
require "active_support/notifications"
require_relative "../deltalake"
require_relative "log_subscriber"

DeltaLake.configure { |c| c.instrumenter ||= ActiveSupport::Notifications }
require_relative "rails/railtie" if defined?(Rails::Railtie)
