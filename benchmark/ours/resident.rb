# frozen_string_literal: true

# Resident memory that requiring the library and an open table add: resident.rb TABLE.
require_relative "common"

before = Common.memory("VmRSS")
require "deltalake"
required = Common.memory("VmRSS")
DeltaLake.open(ARGV[0]).schema
Common.report(imported_mb: required - before, opened_mb: Common.memory("VmRSS") - before)
