# frozen_string_literal: true

require "open3"

# Fails where a crate that deny.toml bans is among what the native module is built from.
banned = File.read("deny.toml")[/^\[bans\].*?(?=^\[)/m].scan(/crate = "([^"]+)"/).flatten
abort "deny.toml bans nothing" if banned.empty?

tree, status = Open3.capture2("cargo", "tree", "--locked", "--package", "deltalake", "--edges", "normal,build",
                              "--target", "all", "--prefix", "none", "--format", "{p}")
abort "cargo tree failed" unless status.success?

found = tree.lines.map { |line| line.split.first }.uniq & banned
abort "deny.toml bans #{found.sort.join(', ')}; `cargo tree --invert NAME` says what needs it" unless found.empty?
puts "No banned crate."
