# frozen_string_literal: true

# Prints what a table's log says, for a comparison from outside: ruby -Ilib spec/conformance/snapshot.rb TABLE [VERSION]
require_relative "outcome"

puts JSON.generate(Conformance.describe(DeltaLake.open(ARGV.fetch(0), version: ARGV[1] && Integer(ARGV[1]))))
