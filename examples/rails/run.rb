# frozen_string_literal: true

# Makes orders, has jobs archive them into a Delta table, and has one bring totals back. From the folder of the gem:
#
#   SHOP_DATA=$(mktemp -d) SHOP_LOG=/dev/stderr ruby -Ilib examples/rails/run.rb

require_relative "config/environment"
require "fileutils"

FileUtils.mkdir_p(File.dirname(ActiveRecord::Base.connection_db_config.database))
ActiveRecord::Schema.verbose = false
load Rails.root.join("db/schema.rb").to_s

orders = Array.new(1_000) do |i|
  { country: %w[DE FR US][i % 3], price: (i % 100) + 0.25, note: "not for the warehouse" }
end
Order.insert_all(orders)
Order.in_batches(of: 250) { |batch| ArchiveOrdersJob.perform_later(batch.ids) }
CountryTotalsJob.perform_later

puts "#{DeltaLake.table(:orders).count} orders in version #{DeltaLake.table(:orders).version}"
CountryTotal.order(:country).each { |row| puts "#{row.country}: #{row.total.to_s('F')}" }
