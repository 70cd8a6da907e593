# frozen_string_literal: true

namespace :deltalake do
  # The tables that the arguments name, or all of the configuration.
  named = lambda do |arguments|
    require "deltalake/rails/table_tasks"
    DeltaLake::TableTasks.new(arguments.to_a)
  end

  desc "Tell what tables are: deltalake:show[orders], or all of config/deltalake.yml"
  task show: :environment do |_, arguments|
    named.call(arguments).show
  end

  desc "Look for what is wrong with tables: deltalake:doctor[orders], or all of config/deltalake.yml"
  task doctor: :environment do |_, arguments|
    named.call(arguments).doctor
  end

  desc "Write checkpoints and clean up logs, for SECONDS (300) at most: deltalake:maintain[orders], or all"
  task maintain: :environment do |_, arguments|
    named.call(arguments).maintain(seconds: Float(ENV.fetch("SECONDS", "300")))
  end
end
