# frozen_string_literal: true

ActiveRecord::Schema.define(version: 1) do
  create_table :orders, force: true do |t|
    t.string :country, null: false
    t.decimal :price, precision: 12, scale: 2, null: false
    t.text :note
  end

  create_table :country_totals, force: true do |t|
    t.string :country, null: false, index: { unique: true }
    t.decimal :total, precision: 20, scale: 2, null: false
  end
end
