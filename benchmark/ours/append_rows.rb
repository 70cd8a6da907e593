# frozen_string_literal: true

# Appends Hashes to an empty table: append_rows.rb TABLE COUNT.
require "deltalake"
require_relative "common"

rows = Common.rows(Integer(ARGV[1]))
table = DeltaLake.create(ARGV[0], schema: Common::SCHEMA)
Common.report(Common.measure { table.append(rows).rows })
