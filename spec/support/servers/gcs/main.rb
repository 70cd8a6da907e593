# frozen_string_literal: true

# A server of the suite: main.rb PORT. Nothing happens where this is loaded and not run.
require_relative "api"

if $PROGRAM_NAME == __FILE__
  api = Servers::Gcs::Api.new
  Servers::Gcs::Http.new(Integer(ARGV.fetch(0), 10)) { |request| api.call(request) }.run
end
