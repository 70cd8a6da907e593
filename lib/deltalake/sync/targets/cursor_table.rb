# frozen_string_literal: true

module DeltaLake
  # (see sync.rb)
  class Sync
    # Makes the table in which databases keep the cursors of their syncs; for a migration, or on a connection. Where it
    # is there, nothing happens.
    #
    # @example
    #   class AddDeltalakeCursors < ActiveRecord::Migration[7.0]
    #     def change = DeltaLake::Sync.create_cursors(self)
    #   end
    # @param schema [ActiveRecord::Migration, Object] or a connection: anything that has `create_table`
    # @return [void]
    def self.create_cursors(schema)
      schema.create_table(Targets::CursorTable::NAME, id: false, if_not_exists: true) do |t|
        t.string :name, null: false, primary_key: true
        t.text :cursor, null: false
        t.datetime :updated_at, null: false
      end
    end

    module Targets
      # The row of one sync in the table `deltalake_cursors`.
      # @api private
      class CursorTable
        NAME = "deltalake_cursors"

        def initialize(model, name)
          @model = model
          @name = name
        end

        # @return [String, nil]
        def read
          unless connection.data_source_exists?(NAME)
            raise ConfigurationError, "the database has no table #{NAME}, which keeps how far a sync is: make it " \
                                      "with DeltaLake::Sync.create_cursors(self) in a migration"
          end
          # Another process may have moved it since a query of this job.
          @model.uncached { connection.select_value("SELECT #{column('cursor')} FROM #{table} WHERE #{name_is}") }
        end

        # Within the transaction of the rows. Another run that has moved it waits for nobody, and this one ends.
        #
        # @param batch [Batch]
        def move(batch)
          return insert(batch) if batch.expected.nil?

          moved = connection.update("UPDATE #{table} SET #{column('cursor')} = #{quote(batch.cursor)}, " \
                                    "#{column('updated_at')} = #{quote(now)} " \
                                    "WHERE #{name_is} AND #{column('cursor')} = #{quote(batch.expected)}")
          batch.taken_over! unless moved == 1
        end

        private

        def insert(batch)
          columns = %w[name cursor updated_at].map { |name| column(name) }.join(", ")
          values = [@name, batch.cursor, now].map { |value| quote(value) }.join(", ")
          connection.insert("INSERT INTO #{table} (#{columns}) VALUES (#{values})")
        rescue ::ActiveRecord::RecordNotUnique
          batch.taken_over!
        end

        def connection
          @model.connection
        end

        def now
          connection.quoted_date(Time.now.utc)
        end

        def table
          connection.quote_table_name(NAME)
        end

        def name_is
          "#{column('name')} = #{quote(@name)}"
        end

        def column(name)
          connection.quote_column_name(name)
        end

        def quote(value)
          connection.quote(value)
        end
      end
    end
  end
end
