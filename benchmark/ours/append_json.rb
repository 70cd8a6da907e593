# frozen_string_literal: true

# Appends a file of JSON lines to an empty table: append_json.rb TABLE FILE.
require "deltalake"
require "pathname"
require_relative "common"

table = DeltaLake.create(ARGV[0], schema: Common::SCHEMA)
Common.report(Common.measure { table.append_json(Pathname(ARGV[1])).rows })
