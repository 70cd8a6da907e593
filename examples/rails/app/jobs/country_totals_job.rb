# frozen_string_literal: true

# Brings what the table knows of each country into the model that pages read.
class CountryTotalsJob < ActiveJob::Base
  def perform
    totals = Hash.new(0)
    DeltaLake.table(:orders).select(:country, :price).each { |row| totals[row[:country]] += row[:price] }
    CountryTotal.upsert_all(totals.map { |country, total| { country: country, total: total } }, unique_by: :country)
  end
end
