# frozen_string_literal: true

require "rails/generators/named_base"
require "rails/generators/active_record/migration"

module DeltaLake
  module Generators
    # `rails generate deltalake:sync_job Name table`
    class SyncJobGenerator < ::Rails::Generators::NamedBase
      include ::ActiveRecord::Generators::Migration

      namespace "deltalake:sync_job"
      desc "Writes a job that brings the rows of a table into a model, and the migration that it needs"
      source_root File.expand_path("templates", __dir__)
      argument :table, type: :string, required: false, banner: "table",
                       desc: "name of the table in config/deltalake.yml, or its address"
      class_option :model, type: :string, desc: "the model; as the job is named where it is not given"
      class_option :key, type: :array, default: ["id"], desc: "columns whose values tell rows apart"

      # Writes the job.
      def create_job
        template "sync_job.rb.tt", File.join("app/jobs", class_path, "#{file_name}_sync_job.rb")
      end

      # Writes the migration, where there is none yet.
      def create_cursors
        return if self.class.migration_exists?("db/migrate", "create_deltalake_cursors")

        migration_template "create_deltalake_cursors.rb.tt", "db/migrate/create_deltalake_cursors.rb"
      end

      private

      def model
        options[:model] || class_name
      end

      def opened
        name = table || plural_file_name
        name.match?(/\A\w+\z/) ? "DeltaLake.table(:#{name})" : name.inspect
      end

      def key
        options[:key].map { |column| ":#{column}" }.join(", ")
      end
    end
  end
end
