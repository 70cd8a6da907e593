# frozen_string_literal: true

# Prints the rows of a table in the corpus' form, for a comparison from outside:
#   ruby -Ilib spec/conformance/read.rb TABLE [--version N]
# A refusal ends with status 1 and a message.
require_relative "outcome"

begin
  table = DeltaLake.open(ARGV.fetch(0), version: ARGV[1] == "--version" ? Integer(ARGV[2]) : nil)
  canonical = CanonicalRows.new(JSON.parse(table.schema.to_json))
  table.where({}).each { |row| puts canonical.line(row) }
rescue DeltaLake::Error => e
  abort "#{e.class}: #{e.message}"
end
