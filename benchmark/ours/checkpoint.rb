# frozen_string_literal: true

# Opens a table and writes the checkpoint of its version, after one more commit: checkpoint.rb TABLE.
require "deltalake"
require_relative "common"

path = ARGV.fetch(0)
log = File.join(path, "_delta_log")
version = Dir.children(log).grep(/\A\d{20}\.json\z/).max.to_i + 1
File.write(File.join(log, format("%020d.json", version)), "{\"commitInfo\":{\"operation\":\"WRITE\"}}\n")

GC.start
before = Common.memory("VmRSS")
found = Common.measure { DeltaLake.open(path).checkpoint.files }
Common.report({ **found, over_mb: found[:peak_mb] - before })
