# frozen_string_literal: true

# Rails changes classes of Ruby's, so each example has a process of its own.
module RailsHelper
  def self.missing
    @missing ||= begin
      libraries = %w[rails active_record active_job sqlite3].flat_map { |name| ["-r", name] }
      _, status = Open3.capture2e(RbConfig.ruby, *libraries, "-e", "")
      status.success? ? "" : "railties, activerecord, activejob and sqlite3 are not installed"
    end
  end

  # A script beside an application in a folder of its own, whose `config/deltalake.yml` is this.
  def rails(script, yml: nil, config: "", environment: "test")
    FileUtils.mkdir_p(File.join(tmpdir, "config"))
    File.write(File.join(tmpdir, "config", "deltalake.yml"), yml) if yml
    ruby(<<~RUBY)
      ENV["RAILS_ENV"] = #{environment.inspect}
      require "rails"
      require "deltalake/rails"
      class Shop < Rails::Application
        config.root = #{tmpdir.inspect}
        config.eager_load = false
        config.secret_key_base = "none"
        config.logger = ActiveSupport::Logger.new(#{File.join(tmpdir, "log").inspect})
        config.active_support.deprecation = :stderr
        #{config}
      end
      #{script}
    RUBY
  end
end

RSpec.configure do |config|
  config.include(RailsHelper, :rails)
  config.before(:each, :rails) { skip(RailsHelper.missing) unless RailsHelper.missing.empty? }
end
