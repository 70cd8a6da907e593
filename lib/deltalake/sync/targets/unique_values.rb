# frozen_string_literal: true

module DeltaLake
  class Sync
    module Targets
      # Columns of a model, beside its key, whose values no two rows may share. Rows of one batch that give each other
      # such values stand in each other's way, since databases look at each row: they are let go of first, which no
      # other column of the application's and nothing that hangs on the rows is touched by, as it would be by a delete.
      # @api private
      class UniqueValues
        # @param model [Class]
        # @param key [Array<String>]
        def initialize(model, key)
          @model = model
          @key = key
        end

        # @param names [Array<String>] columns that the rows bring
        # @return [Array<String>] those of them that can be null for a moment, one at least of each index where there is
        def columns(names)
          free = names.select { |name| @model.columns_hash[name]&.null } - @key - referenced
          indexes.flat_map { |index| index.is_a?(Array) ? (index & free).first(1) : named(index, free) }.uniq
        end

        private

        def indexes
          unique = @model.connection.indexes(@model.table_name).select(&:unique).map(&:columns)
          unique.reject { |columns| columns.is_a?(Array) && columns.sort == @key.sort }
        end

        # An index of an expression is its text.
        def named(expression, names)
          names.select { |name| expression.match?(/(?<!\w)#{Regexp.escape(name)}(?!\w)/) }
        end

        # What foreign keys of other tables follow is not let go of.
        def referenced
          connection = @model.connection
          return [] unless connection.supports_foreign_keys?

          connection.tables.flat_map { |table| connection.foreign_keys(table) }
                    .select { |key| key.to_table == @model.table_name }.flat_map { |key| [key.primary_key].flatten }
        end
      end
    end
  end
end
