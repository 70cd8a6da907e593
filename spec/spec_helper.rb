# frozen_string_literal: true

require "deltalake"
require "fileutils"
require "tmpdir"

Dir[File.join(__dir__, "support/**/*.rb")].each { |file| require file }

RSpec.configure do |config|
  config.disable_monkey_patching!
  config.expect_with(:rspec) { |expectations| expectations.syntax = :expect }
  config.mock_with(:rspec) { |mocks| mocks.verify_partial_doubles = true }
  config.example_status_persistence_file_path = "spec/examples.txt"
  config.order = :random
  Kernel.srand config.seed
  config.filter_run_excluding long: true unless ENV["DELTALAKE_LONG"] == "true"
end
