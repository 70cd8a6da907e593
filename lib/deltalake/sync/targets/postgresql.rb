# frozen_string_literal: true

require_relative "../values"

module DeltaLake
  class Sync
    module Targets
      # Rows by one statement of PostgreSQL for each batch, an array for each column: `upsert_all` writes every value
      # into the text of its statement, which takes longer than PostgreSQL does.
      # @api private
      class PostgreSQL
        # Types of ActiveRecord whose text the database reads as it is.
        PLAIN = /\A(ActiveModel::Type::|ActiveRecord::Type::(Json|Date|DateTime|Time|Text)\b|
                    ActiveRecord::AttributeMethods::TimeZoneConversion::|
                    ActiveRecord::ConnectionAdapters::PostgreSQL::OID::(?!Array|Range|Enum))/x
        private_constant :PLAIN

        # @param names [Array<String>] columns
        # @return [Boolean] whether all of the model's columns can be written so
        def self.fits?(model, names)
          model.connection.adapter_name == "PostgreSQL" && utc? && names.all? do |name|
            !model.columns_hash[name].array && PLAIN.match?(model.type_for_attribute(name).class.name)
          end
        end

        def self.utc?
          zone = ::ActiveRecord.respond_to?(:default_timezone) ? ::ActiveRecord : ::ActiveRecord::Base
          zone.default_timezone == :utc
        end
        private_class_method :utc?

        # @param key [Array<String>]
        # @param types [Hash{String => Schema::Type}] of the table's columns by their name in the model
        def initialize(model, key, types)
          @model = model
          @names = types.keys
          @symbols = @names.map(&:to_sym)
          @forms = types.map { |name, type| form(type, model.columns_hash[name].type) }
          @sql = statement(key)
          @encoder = PG::TextEncoder::Array.new
        end

        # @param rows [Hash{Object => Hash}]
        def write(rows)
          rows = rows.values
          arrays = @symbols.each_with_index.map do |name, i|
            form = @forms[i]
            values = rows.map { |row| row[name] }
            values.map! { |value| value.nil? ? nil : form.call(value) } if form
            @encoder.encode(values)
          end
          @model.connection.raw_connection.exec_params(@sql, arrays)
        rescue PG::Error => e
          raise ::ActiveRecord::StatementInvalid, "#{e.class}: #{e.message}"
        end

        private

        # What makes text of a value; nil where Ruby's own does.
        def form(type, kind)
          case type.to_s
          when "timestamp", "timestamp_ntz" then ->(time) { time.getutc.strftime("%Y-%m-%d %H:%M:%S.%6N+00") }
          when "binary" then ->(bytes) { "\\x#{bytes.unpack1('H*')}" }
          when /\Adecimal/ then ->(number) { number.to_s("F") }
          when "variant" then %i[json jsonb].include?(kind) ? Values.method(:json) : Values.method(:text)
          when /[<(]/ then Values.method(:json)
          end
        end

        def statement(key)
          created, updated = stamps
          arrays = @names.each_with_index.map { |name, i| "$#{i + 1}::#{@model.columns_hash[name].sql_type}[]" }
          "INSERT INTO #{@model.quoted_table_name} (#{quoted(@names + created + updated)}) " \
            "SELECT *#{", (now() AT TIME ZONE 'UTC')" * (created + updated).size} FROM unnest(#{arrays.join(', ')}) " \
            "ON CONFLICT (#{quoted(key)}) DO #{action(@names - key + updated)}"
        end

        def action(names)
          return "NOTHING" if names.empty?

          "UPDATE SET #{names.map { |name| "#{quote(name)} = excluded.#{quote(name)}" }.join(', ')}"
        end

        def quoted(names)
          names.map { |name| quote(name) }.join(", ")
        end

        # Times of creation and of the last change that the model keeps and no column gives.
        def stamps
          return [[], []] unless @model.record_timestamps

          %i[timestamp_attributes_for_create_in_model timestamp_attributes_for_update_in_model].map do |names|
            @model.send(names) - @names
          end
        end

        def quote(name)
          @model.connection.quote_column_name(name)
        end
      end
    end
  end
end
