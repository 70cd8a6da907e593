# frozen_string_literal: true

module DeltaLake
  class Append
    class Relation
      # The values of a relation's rows, so many at once: one page after the other by the primary key, so that no
      # database has to keep its place. Where there is none, or where rows are chosen by their order, all at once.
      # @api private
      class Pages
        # What of a relation can make several rows of one key, or rows without one.
        REPEATING = %i[joins left_outer_joins eager_load includes from with].freeze
        private_constant :REPEATING

        # @param relation [ActiveRecord::Relation]
        # @param names [Array<String>] of columns
        # @param size [Integer] rows of a page; of a key that has several, all of them are in one
        def initialize(relation, names, size)
          @relation = relation
          @names = names
          @size = size
          @key = relation.klass.primary_key
          @eager = relation.eager_loading?
        end

        # @yieldparam rows [Array<Array>] the values of some rows
        # @return [void]
        def each(&)
          return yield(at_once) unless @key.is_a?(String) && in_any_order?
          return by_row(@relation, &) if unique?

          yield(pluck(@relation.where(column.eq(nil)), @names))
          @eager ? by_row(with_key, &) : by_key(&)
        end

        private

        def at_once
          return pluck(@relation, @names) unless @eager && @key

          keys = Array(@key)
          records(pluck(@relation, @names + keys), keys.size)
        end

        def by_row(relation)
          last = nil
          loop do
            page = relation.reorder(@key => :asc).limit(@size)
            page = page.where(column.gt(last)) if last
            rows = pluck(page, @names + [@key])
            last = rows.dig(-1, -1)
            yield(records(rows, 1))
            break if rows.size < @size
          end
        end

        # Without their keys, and each record once: what is loaded with it by a join makes several rows of one.
        def records(rows, keys)
          rows = rows.uniq { |row| row.last(keys) } if @eager
          rows.each { |row| row.pop(keys) }
        end

        # Up to a key, with all rows of it: how many those are, no limit can know.
        def by_key
          rest = with_key.reorder(@key => :asc)
          while (last = pluck(rest.offset(@size - 1).limit(1), [@key]).dig(0, 0))
            yield(pluck(rest.where(column.lteq(last)), @names))
            rest = in_order.where(column.gt(last))
          end
          yield(pluck(rest, @names))
        end

        def in_any_order?
          @relation.limit_value.nil? && @relation.offset_value.nil? && @relation.group_values.empty? &&
            !@relation.distinct_value
        end

        # A model may also name a key that its table or view does not hold to.
        def unique?
          model = @relation.klass
          (@relation.values.keys & REPEATING).empty? && !model.columns_hash[@key]&.null &&
            model.connection.schema_cache.primary_keys(model.table_name) == @key
        end

        def with_key
          @relation.where(column.not_eq(nil))
        end

        def in_order
          @relation.reorder(@key => :asc)
        end

        # The one by which rows are in order, which only ActiveRecord knows where they come from another relation.
        def column
          @column ||= in_order.order_values.first.expr
        end

        def pluck(relation, names)
          # Nobody asks the same again: a query cache would only keep all of it.
          rows = relation.klass.uncached { relation.unscope(:select).pluck(*names) }
          names.one? ? rows.map { |value| [value] } : rows
        end
      end
    end
  end
end
