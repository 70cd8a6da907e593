# frozen_string_literal: true

require "rails/generators/base"

module DeltaLake
  module Generators
    # `rails generate deltalake:install`
    class InstallGenerator < ::Rails::Generators::Base
      namespace "deltalake:install"
      desc "Writes config/deltalake.yml"
      source_root File.expand_path("templates", __dir__)

      # Writes the file.
      def copy_configuration
        template "deltalake.yml.tt", "config/deltalake.yml"
      end
    end
  end
end
