# frozen_string_literal: true

module DeltaLake
  class Append
    class Relation
      # The columns that a relation has chosen by their names. What SQL computes has no type that is known before its
      # rows are, and is refused.
      # @api private
      class Columns
        # @param relation [ActiveRecord::Relation]
        def initialize(relation)
          @relation = relation
          @model = relation.klass
        end

        # @return [Array<String>]
        # @raise [ArgumentError] where anything is chosen that is no column
        def names
          chosen = @relation.select_values
          return @model.column_names if chosen.empty?

          chosen.flat_map { |part| named(part) || refuse(part) }.uniq
        end

        # @return [Array<String>] without those that a `*` brings
        def chosen
          @relation.select_values.reject { |part| star?(part) }.flat_map { |part| named(part) }.uniq
        end

        private

        def star?(part)
          text = part.is_a?(Arel::Attributes::Attribute) ? "#{prefix}#{part.name}" : part.to_s
          text.split(",").any? { |name| name.strip == "#{prefix}*" }
        end

        def named(part)
          case part
          when Symbol then own(part.to_s) || other(part.to_s)
          when String then list(part)
          when Arel::Attributes::Attribute then own("#{prefix}#{part.name}") if part.relation == @model.arel_table
          end
        end

        # "id, name" is one part.
        def list(sql)
          names = sql.split(",").map { |name| own(name.strip) }
          names.flatten if names.any? && names.all?
        end

        def own(name)
          return @model.column_names if name == "#{prefix}*"

          name = name.delete_prefix(prefix)
          [name] if @model.column_names.include?(name) || @model.attribute_aliases.key?(name)
        end

        def prefix
          "#{@model.table_name}."
        end

        # Of a joined table, or what stands in its place.
        def other(name)
          [name] if name.match?(/\A\w+\z/)
        end

        def refuse(part)
          raise ArgumentError, "select takes the names of #{@model}'s columns where its rows are appended, and got " \
                               "#{sql(part)}: leave it out, or append Hashes, as in " \
                               "append(relation.lazy.map { |row| { id: row.id } })"
        end

        def sql(part)
          case part
          when String then part.inspect
          when Arel::Attributes::Attribute then "#{part.relation.name}.#{part.name}"
          else part.respond_to?(:to_sql) ? part.to_sql : part.inspect
          end
        end
      end
    end
  end
end
