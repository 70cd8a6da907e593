#!/usr/bin/env ruby
# frozen_string_literal: true

# Runs a command while the suite's servers run: script/with_servers.rb COMMAND...
# It finds them in DELTALAKE_TEST_STORES, a JSON array: name, a fresh address in a bucket, the address of a bucket that
# is empty, options. Those that this machine does not have are left out, which is said.
require "json"
require_relative "../spec/support/servers/all"

missing, here = Servers::ALL.keys.partition { |name| Servers.missing(name) }
missing.each { |name| warn "Without #{name}: #{Servers.missing(name)}" }
here.map { |name| Thread.new { Servers[name] } }.each(&:join)
stores = here.map do |name|
  server = Servers[name]
  server.create_bucket("empty")
  { name: name, uri: Servers.fresh(name), bucket_uri: server.uri("", "empty").chomp("/"), storage: server.storage }
end
done = system({ "DELTALAKE_TEST_STORES" => JSON.generate(stores) }, *ARGV)
Servers.stop
exit(done ? 0 : 1)
