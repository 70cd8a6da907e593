# frozen_string_literal: true

require_relative "batch"

module DeltaLake
  class Sync
    # One run: all that is written passes here, with the cursor, and is counted.
    # @api private
    class Session
      # @return [Source]
      attr_reader :source
      # @return [Object] that the rows go to
      attr_reader :target
      # @return [Cursor, nil] as the target has it
      attr_reader :cursor
      # @return [Deadline]
      attr_reader :deadline
      # @return [Progress]
      attr_reader :progress
      # @return [Integer] rows of a step
      attr_reader :batch
      # @return [Hash{Symbol => Integer}] what was done
      attr_reader :counts

      def initialize(source:, target:, mapping:, deadline:, progress:, batch:)
        @source = source
        @target = target
        @mapping = mapping
        @deadline = deadline
        @progress = progress
        @batch = batch
        @counts = { upserted: 0, deleted: 0, rows_read: 0, files_read: 0 }
        @text = target.cursor
        @cursor = @text && Cursor.load(@text)
      end

      # @param cursor [Cursor] of the target from now on
      # @param upserts [Hash{Object => Hash}]
      # @param deletes [Array<Object>]
      def write(cursor, upserts = {}, deletes = [])
        deadline.left
        text = cursor.to_json
        target.apply(Batch.new(upserts:, deletes:, cursor: text, expected: @text))
        @text = text
        @cursor = cursor
        @counts[:upserted] += upserts.size
        @counts[:deleted] += deletes.size
      end

      # @param rows [Integer] so many more were read
      def read(rows)
        @counts[:rows_read] += rows
        @progress.add(rows)
      end

      # @param files [Integer] so many more are read
      def open(files)
        @counts[:files_read] += files
      end

      # @return [Object] the key as the target has it
      def key(value)
        @keyed = target.respond_to?(:key) if @keyed.nil?
        @keyed ? target.key(value) : value
      end

      # @return [Array<Object>] the keys as a target that takes {Columns} has them
      def keys(values)
        target.keys(values)
      end

      # @return [Boolean] whether the target takes rows as columns, and nobody wants to see each
      def columns?
        !@mapping.free? && target.respond_to?(:columns?) && target.columns?
      end

      # @param columns [Columns]
      # @return [Columns] under the names of the target
      def renamed(columns)
        @mapping.columns.empty? ? columns : columns.rename(@mapping.columns)
      end

      # Puts a row among what is to be written.
      #
      # @param value [Object] its key
      def put(row, value, upserts, deletes)
        mapped = @mapping.call(row)
        mapped.nil? ? deletes << key(value) : upserts[key(value)] = mapped
      end
    end
  end
end
