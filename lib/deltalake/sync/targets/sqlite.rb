# frozen_string_literal: true

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
          @forms = types.map { |name, type| form(type.to_s, model.columns_hash[name].type) }
          @stamps = stamps(@names)
          all = @names + @stamps.flatten
          @sql = "INSERT INTO #{model.quoted_table_name} (#{quoted(all)}) VALUES (#{(['?'] * all.size).join(', ')}) " \
                 "#{on_conflict(key, @names, @stamps.last)}"
        end

        # @param rows [Hash{Object => Hash}]
        def write(rows)
          now = [text(Time.now.utc)] * @stamps.flatten.size
          statement = @model.connection.raw_connection.prepare(@sql)
          rows.each_value do |row|
            statement.bind_params(*values(row), *now)
            statement.step
            statement.reset!
          end
        rescue SQLite3::Exception => e
          raise ::ActiveRecord::StatementInvalid, "#{e.class}: #{e.message}"
        ensure
          statement&.close
        end

        private

        def values(row)
          @symbols.each_with_index.map { |name, i| @forms[i] ? @forms[i].call(row[name]) : row[name] }
        end

        # What makes of a value what SQLite has; nil where it has it.
        def form(type, kind)
          case type
          when *SAME then nil
          when "boolean" then { true => 1, false => 0 }.method(:[])
          when "binary" then ->(value) { value && SQLite3::Blob.new(value) }
          when "timestamp", "timestamp_ntz" then kind == :datetime ? method(:text) : optional(:text)
          else optional(type == "variant" && kind == :json ? :json : :text)
          end
        end

        def optional(name)
          ->(value) { value.nil? ? nil : Values.public_send(name, value) }
        end

        # As ActiveRecord writes it.
        def text(time)
          time&.strftime("%Y-%m-%d %H:%M:%S.%6N")
        end
      end
    end
  end
end
