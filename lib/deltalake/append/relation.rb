# frozen_string_literal: true

require_relative "relation/columns"
require_relative "relation/pages"
require_relative "relation/text"

module DeltaLake
  class Append
    # Rows of an ActiveRecord relation: the columns that the table has, without a model for any row.
    # @api private
    class Relation
      # Rows that are fetched at once, about.
      BATCH = 10_000

      # @param relation [ActiveRecord::Relation, Class] a model stands for all of its rows
      # @raise [ArgumentError] where it has chosen anything but columns
      def initialize(relation)
        @relation = rows_alone(relation.all)
        columns = Columns.new(@relation)
        @columns = columns.names
        @chosen = columns.chosen
      end

      # @return [Boolean]
      def empty?
        false
      end

      # @param native [Native::Append]
      # @param append [Append]
      def push_to(native, append)
        schema = Schema.from_json(native.schema_json)
        refuse(@chosen - schema.names.map(&:to_s), schema) if append.refuses_columns?
        names = append.adds_columns? ? @columns : @columns & schema.names.map(&:to_s)
        raise SchemaMismatchError, "#{@relation.klass} has none of the table's columns: #{schema}" if names.empty?

        Hashes.new(rows(names, schema)).push_to(native, append)
      end

      private

      # What is to be loaded besides has no part in its rows; pluck would join it all the same.
      def rows_alone(relation)
        relation.eager_loading? ? relation : relation.except(:includes, :preload)
      end

      def refuse(lacking, schema)
        return if lacking.empty?

        raise SchemaMismatchError, "#{@relation.klass}: select names #{lacking.join(', ')}, and the table has " \
                                   "#{schema}; on_unknown: :ignore leaves such columns out, :add adds them"
      end

      def rows(names, schema)
        keys = names.map(&:to_sym)
        texts = texts(names, schema)
        Enumerator.new do |rows|
          Pages.new(@relation, telling(names), BATCH).each do |batch|
            batch.each do |values|
              texts.each { |i, text| values[i] = text.of(values[i]) }
              rows << keys.zip(values).to_h
            end
          end
        end
      end

      # By the places of columns that the table has as text.
      def texts(names, schema)
        string = Schema::PrimitiveType.new("string")
        names.each_with_index.with_object({}) do |(name, i), texts|
          texts[i] = Text.new(@relation.klass.type_for_attribute(name)) if schema[name.to_sym]&.type == string
        end
      end

      # Distinct rows may differ in nothing that the table has. The key alone tells a model's rows apart, without
      # columns that a database cannot compare, as JSON in PostgreSQL.
      def telling(names)
        return names unless @relation.distinct_value
        return names if @relation.select_values.empty? && names.include?(@relation.klass.primary_key)

        names | @columns
      end
    end
  end
end
