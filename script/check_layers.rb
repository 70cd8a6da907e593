# frozen_string_literal: true

require_relative "layers/check"

findings = Layers::Check.new(ARGV.fetch(0, File.expand_path("..", __dir__))).findings
abort findings.join("\n") unless findings.empty?
puts "The layers hold."
