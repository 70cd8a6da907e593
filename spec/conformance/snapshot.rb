# frozen_string_literal: true

# Prints what a table's log says, for a comparison from outside: ruby -Ilib spec/conformance/snapshot.rb TABLE [VERSION]
require_relative "outcome"

begin
  puts JSON.generate(Conformance.describe(DeltaLake.open(ARGV.fetch(0), version: ARGV[1] && Integer(ARGV[1]))))
rescue DeltaLake::Error => e
  abort "#{e.class}: #{e.message}"
end
