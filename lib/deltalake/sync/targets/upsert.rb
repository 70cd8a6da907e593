# frozen_string_literal: true

module DeltaLake
  class Sync
    module Targets
      # What the statements for PostgreSQL and SQLite share.
      # @api private
      module Upsert
        # Types of ActiveRecord that make nothing of a value but what the database has.
        PLAIN = /\A(ActiveModel::Type::|ActiveRecord::Type::(Json|Date|DateTime|Time|Text)\b|
                    ActiveRecord::AttributeMethods::TimeZoneConversion::|
                    ActiveRecord::ConnectionAdapters::SQLite3Adapter::|
                    ActiveRecord::ConnectionAdapters::PostgreSQL::OID::(?!Array|Range|Enum))/x
        private_constant :PLAIN

        class << self
          # @param names [Array<String>] columns
          # @return [Boolean] whether the model only passes on what these have
          def plain?(model, names)
            utc? && names.all? do |name|
              column = model.columns_hash[name]
              !(column.respond_to?(:array) && column.array) && PLAIN.match?(model.type_for_attribute(name).class.name)
            end
          end

          private

          def utc?
            zone = ::ActiveRecord.respond_to?(:default_timezone) ? ::ActiveRecord : ::ActiveRecord::Base
            zone.default_timezone == :utc
          end
        end

        private

        # Times of creation, and those of the last change, that the model keeps and no column gives.
        def stamps(names)
          return [[], []] unless @model.record_timestamps

          %i[timestamp_attributes_for_create_in_model timestamp_attributes_for_update_in_model].map do |method|
            @model.send(method) - names
          end
        end

        # @param updated [Array<String>] times of the last change
        def on_conflict(key, names, updated)
          "ON CONFLICT (#{quoted(key)}) DO #{action(names - key)}" \
            "#{updated.map { |name| ", #{assigned(name)}" }.join unless (names - key).empty?}"
        end

        def action(names)
          names.empty? ? "NOTHING" : "UPDATE SET #{names.map { |name| assigned(name) }.join(', ')}"
        end

        def assigned(name)
          "#{quoted([name])} = excluded.#{quoted([name])}"
        end

        def quoted(names)
          names.map { |name| @model.connection.quote_column_name(name) }.join(", ")
        end
      end
    end
  end
end
