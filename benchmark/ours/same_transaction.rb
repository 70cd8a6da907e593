# frozen_string_literal: true

# Appends 3 rows twice under one (application, version), and counts how often they landed: same_transaction.rb TABLE.
require "deltalake"
require_relative "common"

table = DeltaLake.create(ARGV[0], schema: { id: :long })
2.times { table.append([{ id: 1 }, { id: 2 }, { id: 3 }], txn: { app_id: "job", version: 7 }) }
Common.report(result: DeltaLake.open(ARGV[0]).count / 3)
