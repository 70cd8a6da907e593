# frozen_string_literal: true

# Prints the changes of a table in the corpus' form, for a comparison from outside:
#   ruby -Ilib spec/conformance/changes.rb TABLE FIRST LAST
# A refusal ends with status 1 and a message.
require_relative "outcome"

begin
  changes = Conformance.changes(DeltaLake.open(ARGV.fetch(0)), Integer(ARGV.fetch(1)), Integer(ARGV.fetch(2)))
  canonical = CanonicalRows.new(JSON.parse(changes.schema.to_json))
  changes.each { |row| puts canonical.line(row) }
rescue DeltaLake::Error => e
  abort "#{e.class}: #{e.message}"
end
