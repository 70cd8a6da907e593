# frozen_string_literal: true

module DeltaLake
  class Append
    # Rows of an ActiveRecord relation: the columns that the table has, without a model for any row.
    # @api private
    class Relation
      # Rows that are fetched at once.
      BATCH = 10_000

      # @param relation [ActiveRecord::Relation, Class] a model stands for all of its rows
      def initialize(relation)
        @relation = relation.all
      end

      # @return [Boolean]
      def empty?
        false
      end

      # @param native [Native::Append]
      # @param append [Append]
      def push_to(native, append)
        schema = Schema.from_json(native.schema_json)
        names = offered
        names &= schema.names.map(&:to_s) unless append.adds_columns?
        raise SchemaMismatchError, "#{@relation.klass} has none of the table's columns: #{schema}" if names.empty?

        Hashes.new(rows(names, schema)).push_to(native, append)
      end

      private

      def offered
        chosen = @relation.select_values
        chosen.empty? || !chosen.all?(Symbol) ? @relation.klass.column_names : chosen.map(&:to_s)
      end

      def rows(names, schema)
        keys = names.map(&:to_sym)
        texts = keys.each_index.select { |i| schema[keys[i]]&.type == Schema::PrimitiveType.new("string") }
        Enumerator.new do |rows|
          each_batch(names) do |batch|
            batch.each do |values|
              texts.each { |i| values[i] = text(values[i]) }
              rows << keys.zip(values).to_h
            end
          end
        end
      end

      # One after the other by the primary key, so that no database has to keep its place; where there is none, or where
      # rows are chosen by their order, all at once.
      def each_batch(names)
        key = @relation.klass.primary_key
        return yield(pluck(@relation, names)) unless key.is_a?(String) && in_any_order?

        last = nil
        loop do
          batch = @relation.reorder(key => :asc).limit(BATCH)
          batch = batch.where(@relation.klass.arel_table[key].gt(last)) if last
          found = pluck(batch, names + [key])
          yield(found.each { |row| last = row.pop }) unless found.empty?
          break if found.size < BATCH
        end
      end

      def in_any_order?
        @relation.limit_value.nil? && @relation.offset_value.nil? && @relation.group_values.empty? &&
          !@relation.distinct_value
      end

      def pluck(relation, names)
        # Nobody asks the same again: a query cache would only keep all of it.
        rows = relation.klass.uncached { relation.unscope(:select).pluck(*names) }
        names.one? ? rows.map { |value| [value] } : rows
      end

      # What databases have as other types and tables as text: JSON, times of day, addresses.
      def text(value)
        case value
        when nil, String, Symbol then value
        when Hash, Array then JSON.generate(value)
        when Time then value.strftime("%H:%M:%S")
        else value.to_s
        end
      end
    end
  end
end
