# frozen_string_literal: true

require_relative "relation/pages"

module DeltaLake
  class Append
    # Rows of an ActiveRecord relation: the columns that the table has, without a model for any row.
    # @api private
    class Relation
      # Rows that are fetched at once, about.
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
          Pages.new(@relation, names, BATCH).each do |batch|
            batch.each do |values|
              texts.each { |i| values[i] = text(values[i]) }
              rows << keys.zip(values).to_h
            end
          end
        end
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
