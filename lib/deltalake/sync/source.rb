# frozen_string_literal: true

require "digest"
require_relative "../condition_json"
require_relative "../table"

module DeltaLake
  class Sync
    # The rows of the table that the target is to have, at any version.
    # @api private
    class Source
      # @return [Array<Symbol>] the key's columns
      attr_reader :key

      # @param table [Table, String, Pathname]
      def initialize(table, key:, where:, select:, storage:)
        @given = table
        @table = table if table.is_a?(Table)
        @storage = storage
        @key = Arguments.names(:key, key).map(&:to_sym)
        raise ArgumentError, "key needs the name of a column" if @key.empty?

        @where = where
        @select = select && (Arguments.names(:select, select).map(&:to_sym) | @key)
      end

      # @return [String] address of the table
      def uri
        Address.of(@table || @given)
      end

      # @return [Snapshot] the newest version
      def newest(deadline)
        return @table.refresh(deadline:).snapshot if @table

        @table = DeltaLake.open(@given, storage: @storage, deadline:)
        @table.snapshot
      end

      # @return [Snapshot]
      def at(version, deadline)
        @table.snapshot.version == version ? @table.snapshot : @table.at(version:, deadline:)
      end

      # @return [Scan]
      def scan(snapshot)
        chosen(snapshot.scan).select(*columns(snapshot))
      end

      # @param from [Integer] the first version
      # @return [Changes]
      def changes(snapshot, from, deadline)
        feed = snapshot.changes(from:, to: snapshot.version, deadline:)
        chosen(feed).select(*columns(snapshot), :_change_type, :_commit_version)
      end

      # @return [Array<Symbol>]
      def columns(snapshot)
        return @select if @select

        names = snapshot.schema.names
        missing = key - names
        raise ArgumentError, "the table has no column #{missing.join(', ')}, the key of the sync" unless missing.empty?

        names
      end

      # @return [Schema] of the rows
      def schema(snapshot)
        scan(snapshot).schema
      end

      # @return [String] digest of the columns of the rows and of the condition, as far as values hang on them: comments
      #   and the like do not count
      def fingerprint(snapshot)
        names = columns(snapshot) | condition_columns(snapshot.schema.names).sort
        fields = names.map { |name| snapshot.schema[name]&.to_delta || { "name" => name } }
        scan(snapshot)
        Digest::SHA256.hexdigest(JSON.generate(fields.map { |field| essence(field) }))[0, 16]
      end

      # @param columns [Hash] names in the target
      # @param identity [Array<String>] what tells the target from others that keep their cursors in the same place
      # @return [String] digest of what decides which rows the target has
      def options(columns, identity)
        conditions = @where.nil? ? [] : ConditionJSON.dump(Conditions.from(@where))
        chosen = [key, @select, conditions, columns.to_a.sort, *identity.map { |text| text.unpack1("H*") }]
        Digest::SHA256.hexdigest(JSON.generate(chosen))[0, 16]
      end

      # What tells a version's commit from another one that has its number.
      #
      # @return [String, nil] nil where the log no longer has it
      def commit(snapshot, deadline)
        made = snapshot.history(limit: 1, deadline:).first
        return unless made && made.version == snapshot.version

        told = made.raw.values_at("inCommitTimestamp", "timestamp").compact.first
        "#{told || (made.timestamp.to_r * 1000).to_i}/#{made.txn_id}"
      end

      # @param row [Hash]
      # @return [Object] the key's value; an Array where several columns make it
      def key_of(row)
        if key.one?
          value = row.fetch(key.first)
          return value.nil? ? no_key(row) : value
        end

        values = row.values_at(*key)
        values.include?(nil) ? no_key(row) : values
      end

      # @param columns [Columns]
      # @return [Array<Object>] as {#key_of} gives them
      def keys_of(columns)
        arrays = key.map { |name| columns[name] }
        # Without a block `all?` calls nothing of the values.
        if arrays.any? { |values| !values.all? && values.include?(nil) }
          no_key(key.zip(arrays.map { |values| values.count(nil) }))
        end

        key.one? ? arrays.first : arrays.transpose
      end

      private

      def chosen(scan)
        @where.nil? ? scan : scan.where(@where)
      end

      # Those that the condition names; of SQL text, all whose name is a word of it.
      def condition_columns(names)
        case @where
        when nil then []
        when Hash then names & @where.keys.map(&:to_sym)
        else
          text = Arguments.utf8("where", @where).downcase
          names.select { |name| word?(name.name.downcase.gsub("`", "``"), text) }
        end
      end

      def word?(name, text)
        text.match?(/(?<![[:word:]])#{Regexp.escape(name)}(?![[:word:]])/)
      end

      # A column that was dropped and added again has another physical name, and other values in the same files.
      def essence(part)
        case part
        when Array then part.map { |item| essence(item) }
        when Hash
          physical = part.dig("metadata", "delta.columnMapping.physicalName")
          kept = part.except("metadata", "nullable", "containsNull", "valueContainsNull")
          kept = kept.merge("physical" => physical) unless physical.nil? || physical == part["name"]
          kept.transform_values { |item| essence(item) }
        else part
        end
      end

      def no_key(row)
        raise SchemaMismatchError, "a row has no #{key.join(' and ')}, which is the key of the sync: " \
                                   "#{row.inspect[0, 200]}"
      end
    end
  end
end
