# frozen_string_literal: true

require_relative "../columns"
require_relative "postgresql_column"
require_relative "upsert"

module DeltaLake
  class Sync
    module Targets
      # Rows by one statement of PostgreSQL for each batch, an array for each column: `upsert_all` writes every value
      # into the text of its statement, which takes longer than PostgreSQL does.
      # @api private
      class PostgreSQL
        include Upsert

        # @param names [Array<String>] columns
        # @return [Boolean] whether all of the model's columns can be written so
        def self.fits?(model, names)
          model.connection.adapter_name == "PostgreSQL" && Upsert.plain?(model, names)
        end

        # @param key [Array<String>]
        # @param types [Hash{String => Schema::Type}] of the table's columns by their name in the model
        def initialize(model, key, types)
          @model = model
          @key = key
          @names = types.keys.map(&:to_sym)
          @columns = types.map { |name, type| PostgreSQLColumn.of(name, type, model.columns_hash[name]) }
          @sql = statement(key, types.keys)
        end

        # @param rows [Hash{Object => Hash}, Columns]
        def write(rows)
          rows = Columns.of(rows.values, @names) if rows.is_a?(Hash)
          arrays = @columns.zip(@names).map { |column, name| column.array(rows[name]) }
          @model.connection.raw_connection.exec_params(@sql, arrays)
        rescue PG::UniqueViolation => e
          raise ::ActiveRecord::RecordNotUnique, "#{e.class}: #{e.message}"
        rescue PG::Error => e
          raise ::ActiveRecord::StatementInvalid, "#{e.class}: #{e.message}"
        rescue ArgumentError
          refuse_nul(rows)
          raise
        end

        private

        # The driver says of a NUL only that there is one.
        def refuse_nul(rows)
          column = @columns.find { |some| some.array(rows[some.name.to_sym]).include?("\0") }
          return unless column

          place = rows[column.name.to_sym].index { |value| column.array([value]).include?("\0") }
          key = @key.map { |name| "#{name} #{rows[name.to_sym][place].inspect}" }.join(", ")
          raise SchemaMismatchError, "the row with #{key} has a character 0 in #{column.name}, and PostgreSQL no " \
                                     "text for that: leave the row out with where:, or make it another in a block"
        end

        def statement(key, names)
          created, updated = stamps(names)
          "INSERT INTO #{@model.quoted_table_name} (#{quoted(names + created + updated)}) " \
            "#{rows_of_arrays((created + updated).size)} #{on_conflict(key, names, updated)}"
        end

        def rows_of_arrays(stamps)
          places = Array.new(@columns.size) { |n| "c#{n + 1}" }
          values = @columns.zip(places).map { |column, place| column.expression(place) }
          values.concat(["now() AT TIME ZONE 'UTC'"] * stamps)
          arrays = @columns.map.with_index(1) { |column, n| "$#{n}::#{column.sql_type}[]" }
          "SELECT #{values.join(', ')} FROM unnest(#{arrays.join(', ')}) AS batch(#{places.join(', ')})"
        end
      end
    end
  end
end
