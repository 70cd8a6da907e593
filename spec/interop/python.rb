# frozen_string_literal: true

require "json"
require "open3"

# Python with the packages of requirements.txt; bin/test makes it and names it.
module Python
  EXECUTABLE = ENV.fetch("DELTALAKE_TEST_PYTHON", "")

  def self.present?
    !EXECUTABLE.empty?
  end

  # The objects that a script of this folder prints, one JSON text a line.
  def python(script, *arguments)
    out, err, status = Open3.capture3(EXECUTABLE, File.join(__dir__, script), *arguments.map(&:to_s))
    raise "#{script} #{arguments.join(' ')}: #{err}" unless status.success?

    out.lines.map { |line| JSON.parse(line) }
  end
end

RSpec.configure do |config|
  config.include Python, :python
  config.before(:each, :python) do
    skip "there is no Python with deltalake; DELTALAKE_TEST_PYTHON names one" unless Python.present?
  end
end
