# frozen_string_literal: true

# Runs one guide, in the current folder: run.rb GUIDE [PRELUDE].
# What a reader has and the guide does not show is in the prelude.
require_relative "../support/guide"

guide, prelude = ARGV
load prelude if prelude
$guide = Guide.new(guide) # rubocop:disable Style/GlobalVars
$guide.run # rubocop:disable Style/GlobalVars
abort $guide.broken.join("\n") unless $guide.broken.empty? # rubocop:disable Style/GlobalVars
