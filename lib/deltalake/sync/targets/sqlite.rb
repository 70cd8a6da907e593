# frozen_string_literal: true

require_relative "../columns"
require_relative "../values"
require_relative "upsert"

module DeltaLake
  class Sync
    module Targets
      # Rows by one prepared statement, which SQLite runs for each: `upsert_all` writes every value into the text of its
      # statement, which takes ten times as long, and has no text for an infinity.
      # @api private
      class SQLite
        include Upsert

        # Types whose values go as they are.
        SAME = %w[byte short integer long float double string].freeze
        private_constant :SAME

        # @param names [Array<String>] columns
        # @return [Boolean] whether all of the model's columns can be written so
        def self.fits?(model, names)
          model.connection.adapter_name == "SQLite" && Upsert.plain?(model, names)
        end

        # @param key [Array<String>]
        # @param types [Hash{String => Schema::Type}] of the table's columns by their name in the model
        def initialize(model, key, types)
          @model = model
          @names = types.keys
          @symbols = @names.map(&:to_sym)
          @forms = types.map { |name, type| form(type.to_s, model.columns_hash[name]) }
          @stamps = stamps(@names)
          all = @names + @stamps.flatten
          @sql = "INSERT INTO #{model.quoted_table_name} (#{quoted(all)}) VALUES (#{(['?'] * all.size).join(', ')}) " \
                 "#{on_conflict(key, @names, @stamps.last)}"
        end

        # @param rows [Hash{Object => Hash}, Columns]
        def write(rows)
          rows = Columns.of(rows.values, @symbols) if rows.is_a?(Hash)
          columns = @symbols.zip(@forms).map { |name, form| form ? rows[name].map(&form) : rows[name] }
          statement = prepared
          places = columns.zip(1..)
          rows.size.times do |row|
            places.each { |values, place| statement.bind_param(place, values[row]) }
            statement.step
            statement.reset!
          end
        rescue SQLite3::Exception => e
          fail_as_activerecord(e)
        ensure
          statement&.close
        end

        private

        def fail_as_activerecord(error)
          twice = error.message.start_with?("UNIQUE constraint failed")
          raise twice ? ::ActiveRecord::RecordNotUnique : ::ActiveRecord::StatementInvalid,
                "#{error.class}: #{error.message}"
        end

        # What is bound stays: the times of the batch are bound once.
        def prepared
          now = text(Time.now.utc)
          statement = @model.connection.raw_connection.prepare(@sql)
          @stamps.flatten.each_index { |n| statement.bind_param(@names.size + n + 1, now) }
          statement
        end

        # What makes of a value what SQLite has; nil where it has it.
        def form(type, column)
          case type
          when *SAME then nil
          when "boolean" then { true => 1, false => 0 }.method(:[]).to_proc
          when "binary" then ->(value) { value && SQLite3::Blob.new(value) }
          when "timestamp", "timestamp_ntz" then column.type == :datetime ? time(column) : optional(:text)
          else optional(type == "variant" && column.type == :json ? :json : :text)
          end
        end

        def optional(name)
          ->(value) { value.nil? ? nil : Values.public_send(name, value) }
        end

        # ActiveRecord cuts digits that a column has no place for, and looks for keys without them.
        def time(column)
          digits = column.precision || 6
          digits < 6 ? ->(time) { time && text(time.floor(digits)) } : ->(time) { text(time) }
        end

        # As ActiveRecord writes it: SQLite compares texts.
        def text(time)
          time&.strftime(time.usec.zero? ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M:%S.%6N")
        end
      end
    end
  end
end
