# frozen_string_literal: true

require "digest"
require "json"
require_relative "columns"

module DeltaLake
  class Sync
    # Some data files of a scan, in an order that does not hang on the log: so a run that was cut short finds its place
    # again. A file is known by its path and its deletion vector.
    # @api private
    class Files
      # Bounds of what one scan reads.
      BYTES = 64 << 20
      COUNT = 200

      # A data file as the log has it.
      Entry = Struct.new(:key, :add) do
        def bytes
          add["size"]
        end

        # Rows that are not deleted; nil where the log does not tell.
        def rows
          stats = add["stats"] && JSON.parse(add["stats"])
          total = stats && stats["numRecords"]
          total && (total - add.dig("deletionVector", "cardinality").to_i)
        end
      end

      # All files of a scan that can hold its rows.
      #
      # @param scan [Scan]
      # @param snapshot [Snapshot] that it is of
      # @return [Files]
      def self.of(scan, snapshot, deadline)
        tasks = scan.tasks(target_bytes: Arguments::MAX_LONG, deadline:).map { |task| JSON.parse(task.to_json) }
        entries = tasks.flat_map { |task| task["read"]["files"].map { |add| Entry.new(key(add), add) } }
        new(snapshot, tasks.first, entries.sort_by(&:key))
      end

      def self.key(add)
        vector = add["deletionVector"]
        vector ? "#{add['path']} #{vector.values_at('storageType', 'pathOrInlineDv', 'offset').join(' ')}" : add["path"]
      end
      private_class_method :key

      # @return [Array<Entry>]
      attr_reader :entries

      # @param form [Hash, nil] a task of the scan, which others are made like
      def initialize(snapshot, form, entries)
        @snapshot = snapshot
        @form = form
        @entries = entries
      end

      # @return [Files] without those that the other one has
      def -(other)
        known = other.entries.to_h { |entry| [entry.key, true] }
        self.class.new(@snapshot, @form, entries.reject { |entry| known[entry.key] })
      end

      # @return [Integer]
      def size
        entries.size
      end

      # @return [Integer] rows that can be read
      def rows
        counts = entries.map(&:rows)
        counts.include?(nil) ? counts.compact.sum + uncounted : counts.sum
      end

      # Yields rows, and where to go on after them.
      #
      # @param columns [Array<Symbol>, nil] only these of the scan's columns
      # @param position [Hash, nil] where to begin, as it was yielded, perhaps to another process
      # @param form [Class] of the rows: Array, of Hashes, or {Columns}
      # @yieldparam rows [Array<Hash>, Columns]
      # @yieldparam position [Hash{String => Object}]
      def each_batch(size, deadline, columns: nil, position: nil, form: Array)
        chunks(position && position["after"]) do |chunk, before|
          digest = Digest::MD5.hexdigest(chunk.map(&:key).join("\n"))
          skip = position && position["chunk"] == digest ? position["rows"] : 0
          position = nil
          each_of_chunk(read(task(chunk, columns), size, deadline.left, form), size, skip) do |rows, done|
            yield rows, { "after" => before, "chunk" => digest, "rows" => done }
          end
          yield [], { "after" => chunk.last.key }
        end
      end

      private

      def chunks(after)
        rest = after ? entries.drop_while { |entry| entry.key <= after } : entries
        before = after
        rest.slice_when(&boundary).each do |chunk|
          yield chunk, before
          before = chunk.last.key
        end
      end

      def boundary
        count = bytes = 0
        lambda do |left, right|
          count += 1
          bytes += left.bytes
          full = count >= COUNT || bytes + right.bytes > BYTES
          count = bytes = 0 if full
          full
        end
      end

      # Batches of a scan end with each file; here they are as long as is asked for.
      def each_of_chunk(batches, size, skip)
        done = 0
        kept = nil
        batches.each do |rows|
          done += rows.size
          next if done <= skip

          rows = rows.last(done - skip) if done - skip < rows.size
          kept ? kept.concat(rows) : kept = rows
          yield kept.shift(size), done - kept.size while kept.size >= size
        end
        yield kept, done unless kept.nil? || kept.empty?
      end

      def read(task, size, deadline, form)
        return task.each_batch(size:, deadline:) if form == Array

        names = task.schema.names
        Enumerator.new do |batches|
          task.each_columns(size:, deadline:) { |arrays| batches << Columns.new(names.zip(arrays).to_h) }
        end
      end

      def task(chunk, columns)
        read = @form["read"].merge("files" => chunk.map(&:add))
        data = @form.merge("bytes" => chunk.sum(&:bytes), "read" => read)
        data["columns"] = columns.map(&:to_s) if columns
        ScanTask.new(data, JSON.generate(data)) { @snapshot.native }
      end

      def uncounted
        unknown = entries.select { |entry| entry.rows.nil? }
        unknown.each_slice(COUNT).sum { |chunk| task(chunk, nil).count }
      end
    end
  end
end
