# frozen_string_literal: true

require_relative "../values"

module DeltaLake
  class Sync
    module Targets
      # Rows by ActiveRecord's own `upsert_all`, for every database that it knows.
      # @api private
      class UpsertAll
        # What ActiveRecord has text for.
        TEXTS = %i[string text].freeze
        # What it has values of JSON for.
        DOCUMENTS = %i[json jsonb].freeze
        private_constant :TEXTS, :DOCUMENTS

        # @param key [Array<String>]
        # @param types [Hash{String => Schema::Type}] of the table's columns by their name in the model
        def initialize(model, key, types)
          @model = model
          @key = key
          @types = types
          named = model.connection.supports_insert_conflict_target? && [model.primary_key].flatten != key
          @unique_by = key if named
          @stamps = stamps
          @names = Hash.new { |names, name| names[name] = name.to_s.freeze }
          @kinds = Hash.new { |kinds, name| kinds[name] = kind(model.type_for_attribute(name)) }
          @inserts = Hash.new { |made, kept| made[kept] = insert_that_keeps(kept) }
        end

        # @param rows [Hash{Object => Hash}]
        def write(rows)
          now = Time.now.utc
          # Rows of one statement have the same columns.
          rows.values.group_by(&:keys).each_value do |same|
            upsert(same.map { |row| attributes(row, now) }, created - same.first.keys.map(&:to_s))
          end
        end

        private

        # @param kept [Array<String>] times of creation that no row brings
        def upsert(rows, kept)
          @model.unscoped do
            next @inserts[kept].new(@model, rows, on_duplicate: :update, **options).execute if old?

            @model.upsert_all(rows, **options, **updates(rows.first.keys))
          end
        end

        # Before 7.0 `upsert_all` takes times of creation for values like others, and replaces those that are there.
        def insert_that_keeps(kept)
          readonly = self.readonly
          Class.new(::ActiveRecord::InsertAll) do
            define_method(:updatable_columns) { (super() | (readonly & keys.to_a)) - kept }
          end
        end

        # What the application may not change, the sync does: ActiveRecord would leave it as it was.
        def updates(names)
          (names & readonly).empty? ? {} : { update_only: names - fixed }
        end

        def readonly
          @readonly ||= @model.readonly_attributes.to_a - fixed
        end

        def fixed
          @key | [@model.primary_key].flatten.compact
        end

        def options
          options = { unique_by: @unique_by }.compact
          options[:returning] = false if @model.connection.supports_insert_returning?
          options
        end

        def attributes(row, now)
          made = row.to_h { |name, value| [@names[name], value(@names[name], value)] }
          @stamps.each { |name| made[name] = now unless made.key?(name) }
          made
        end

        def value(name, value)
          case value
          when String then text(name, value)
          when Time, Date, BigDecimal then TEXTS.include?(@kinds[name]) ? Values.text(value) : value
          when Hash, Array then structure(name, value)
          else value
          end
        end

        # Attributes that are serialized have values of their own, which their coder writes.
        def kind(type)
          type.is_a?(::ActiveRecord::Type::Serialized) ? :json : type.type
        end

        def text(name, value)
          return document(name, value) if DOCUMENTS.include?(@kinds[name])

          labels = @model.defined_enums[name]
          return value if labels.nil? || labels.key?(value) || labels.values.map(&:to_s).include?(value)

          raise SchemaMismatchError, "a row has #{value.inspect} in #{name}, which is no label of that enum of " \
                                     "#{@model.name}: it has #{labels.keys.join(', ')}"
        end

        def structure(name, value)
          return Values.plain(value) if DOCUMENTS.include?(@kinds[name])

          column = @model.columns_hash[name]
          column.respond_to?(:array) && column.array ? value : Values.json(value)
        end

        # Text in a column of JSON, or in a serialized one, is JSON text already, as {Schema.from_model} has it.
        def document(name, text)
          @types[name].to_s == "string" ? JSON.parse(text) : text
        rescue JSON::ParserError
          text
        end

        # From 7.0 on ActiveRecord does this itself.
        def stamps
          return [] unless old? && @model.record_timestamps

          @model.send(:all_timestamp_attributes_in_model) & @model.column_names
        end

        def old?
          ::ActiveRecord.version < Gem::Version.new("7.0")
        end

        def created
          @model.send(:timestamp_attributes_for_create_in_model)
        end
      end
    end
  end
end
