# frozen_string_literal: true

require_relative "cursor_table"
require_relative "postgresql"
require_relative "sqlite"
require_relative "unique_values"
require_relative "upsert_all"

module DeltaLake
  class Sync
    module Targets
      # The table of an ActiveRecord model. Rows and cursor (in the table `deltalake_cursors` of the same database) are
      # written in one transaction.
      class ActiveRecord
        # Keys of several columns in one condition.
        KEYS_AT_ONCE = 200
        # Types of keys in the table, and those of ActiveRecord that leave them as they are.
        SAME = { %w[byte short integer long] => %w[ActiveModel::Type::Integer ActiveModel::Type::BigInteger
                                                   ActiveRecord::ConnectionAdapters::SQLite3Adapter::SQLite3Integer],
                 %w[string] => %w[ActiveModel::Type::String ActiveRecord::Type::Text] }.freeze
        private_constant :KEYS_AT_ONCE, :SAME

        # @param model [Class]
        def initialize(model)
          @model = model
        end

        # @param name [String] of the sync
        # @param key [Array<Symbol>] in the model
        # @param schema [Schema] of the rows as the table has them
        # @param mapping [Mapping]
        def bind(name:, key:, schema:, mapping:)
          refuse_subclass
          @cursors = CursorTable.new(@model, name)
          @key = key.map(&:to_s)
          @types = @key.map { |column| @model.type_for_attribute(column) }
          types = schema.fields.to_h { |field| [mapping.name(field.name).to_s, field.type] }
          @same = @key.zip(@types).all? { |column, type| same?(types[column].to_s, type) }
          check_columns(mapping.free? ? @key : types.keys)
          @writer = writer_for(unique_columns, types, mapping)
        end

        # @return [String]
        def identity
          @model.table_name
        end

        # @return [String, nil]
        def cursor
          @cursors.read
        end

        # @param batch [Batch]
        def apply(batch)
          write(batch)
        rescue ::ActiveRecord::RecordNotUnique
          exchange(batch)
        end

        # @return [Boolean] whether upserts may come as {Columns}
        # @api private
        def columns?
          !@writer.is_a?(UpsertAll)
        end

        # @return [Object] as the database gives it
        def key(value)
          return value if @same
          return @types.first.cast(value) if @types.one?

          @types.zip(value).map { |type, part| type.cast(part) }
        end

        # @param values [Array<Object>]
        # @return [Array<Object>] as {#key} makes them
        # @api private
        def keys(values)
          @same ? values : values.map { |value| key(value) }
        end

        # @yieldparam keys [Array<Object>]
        def each_key(size)
          last = nil
          seen = {}
          loop do
            page = @model.unscoped.order(*@key).limit(size)
            page = page.where(after(last)) if last
            # A job runs with the cache of queries, which keeps all that it is asked.
            keys = @model.uncached { page.pluck(*@key) }
            yield keys unless keys.empty?
            break if keys.size < size

            # Not Array(): a time makes one of its parts.
            last = @key.one? ? [keys.last] : keys.last
            refuse_standstill(last) if seen[last]
            seen[last] = true
          end
        end

        private

        # Whether the model's type makes nothing else of a key.
        #
        # @param name [String] of the type in the table
        # @param type [ActiveModel::Type::Value]
        def same?(name, type)
          SAME.any? { |names, types| names.include?(name) && types.include?(type.class.name) }
        end

        def connection
          @model.connection
        end

        # SQLite compares times as text: one in another form than ActiveRecord's comes after itself.
        def refuse_standstill(last)
          raise ConfigurationError, "#{@model.table_name} has a key that is not stored as ActiveRecord would store " \
                                    "it, so its rows cannot be gone through: #{@key.zip(last).to_h.inspect}. Write " \
                                    "it by ActiveRecord, or delete the row"
        end

        # Row values and their order are what PostgreSQL, SQLite and MySQL all have.
        def after(last)
          return @model.arel_table[@key.first].gt(last.first) if @key.one?

          "(#{columns(@key)}) > (#{quoted(last)})"
        end

        def write(batch)
          @model.transaction(requires_new: true) do
            @cursors.move(batch)
            of(batch.deletes, &:delete_all) unless batch.deletes.empty?
            yield if block_given?
            @writer.write(batch.upserts) unless batch.upserts.empty?
          end
        end

        # Of its own only where it has to be: it takes another statement, and asks for indexes.
        def exchange(batch)
          keys, names = keys_and_names(batch.upserts)
          columns = UniqueValues.new(@model, @key).columns(names)
          write(batch) do
            of(keys) { |rows| rows.update_all(columns.to_h { |name| [name, nil] }) } unless columns.empty?
          end
        rescue ::ActiveRecord::RecordNotUnique => e
          raise ConstraintViolationError, "a row comes with a value that another row of #{@model.table_name} has, " \
                                          "and a unique index forbids that: #{e.message.split("\n").join(' ')}. Rows " \
                                          "that give each other such values have to come in one batch: give a " \
                                          "larger batch:, and let the column be null; or make the index no unique one"
        end

        def keys_and_names(upserts)
          return [upserts.keys, upserts.values.map(&:keys).reduce(:&).map(&:to_s)] if upserts.is_a?(Hash)

          keys = @key.map { |name| upserts[name.to_sym] }
          [@key.one? ? keys.first : keys.transpose, upserts.names.map(&:to_s)]
        end

        # @yieldparam relation [ActiveRecord::Relation] rows of some of the keys
        def of(keys)
          return yield(@model.unscoped.where(@key.first => keys)) if @key.one?

          keys.each_slice(KEYS_AT_ONCE) do |some|
            all = some.map { |key| "(#{@key.zip(key).map { |name, value| equal(name, value) }.join(' AND ')})" }
            yield @model.unscoped.where(all.join(" OR "))
          end
        end

        def equal(name, value)
          "#{columns([name])} = #{quoted([value], [name])}"
        end

        def quoted(values, names = @key)
          names.zip(values).map do |name, value|
            connection.quote(@model.type_for_attribute(name).serialize(value))
          end.join(", ")
        end

        def columns(names)
          names.map { |name| "#{@model.quoted_table_name}.#{connection.quote_column_name(name)}" }.join(", ")
        end

        # What a block makes of rows has columns that nobody knows before.
        def writer_for(key, types, mapping)
          kind = [PostgreSQL, SQLite].find { |writer| writer.fits?(@model, types.keys) } unless mapping.free?
          (kind || UpsertAll).new(@model, key, types)
        end

        # Its conditions would hide from deletes what the writers, which set no type, have written.
        def refuse_subclass
          return if @model.descends_from_active_record?

          raise ConfigurationError, "#{@model.name} shares the table #{@model.table_name} with other classes (single " \
                                    "table inheritance), and a sync needs all of a table: give it " \
                                    "#{@model.base_class.name}, if all of the rows are to be the sync's, or a model " \
                                    "with a table of its own"
        end

        def check_columns(names)
          missing = names - @model.column_names
          return if missing.empty?

          raise ConfigurationError, "#{@model.name || @model.table_name} has no column #{missing.join(', ')}: choose " \
                                    "columns with select:, or name them with columns:"
        end

        # The key in the order of its index. Without one no database can tell which row is to be replaced.
        def unique_columns
          return @key if [@model.primary_key].flatten == @key

          indexes = connection.indexes(@model.table_name).select { |index| index.unique && index.where.nil? }
          found = indexes.find { |index| index.columns.is_a?(Array) && index.columns.sort == @key.sort }
          return found.columns if found

          raise ConfigurationError, "#{@model.table_name} has no primary key and no unique index of " \
                                    "#{@key.join(', ')}, the key of the sync: add one"
        end
      end
    end
  end
end
