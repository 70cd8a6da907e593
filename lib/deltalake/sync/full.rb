# frozen_string_literal: true

require_relative "files"
require_relative "passes"

module DeltaLake
  class Sync
    # All rows of a version. First the keys that the target has and the version has not are deleted, so that no row that
    # is to go stands in the way of one that comes; then the rows are put, file after file. A run that was cut short
    # deletes again, which changes nothing, and goes on with the rows where it was.
    # @api private
    class Full
      # @param session [Session]
      # @param snapshot [Snapshot] of the version to reach
      def initialize(session, snapshot)
        @session = session
        @snapshot = snapshot
        @files = Files.of(session.source.scan(snapshot), snapshot, session.deadline.left)
      end

      # Begins, or goes on.
      def run
        position = @session.cursor.pending
        rows = @files.rows
        @session.progress.start(rows)
        sweep(rows) unless position["phase"] == "rows"
        put(position["phase"] == "rows" ? position["at"] : nil)
        @session.write(@session.cursor.reached)
      end

      private

      def sweep(rows)
        return unless target_has_rows?

        passes = Passes.for(rows)
        passes.each do |pass|
          live = live_keys(pass)
          @session.target.each_key(@session.batch) do |keys|
            gone = keys.reject { |key| !pass.include?(key) || live.include?(key) }
            @session.write(@session.cursor, {}, gone) unless gone.empty?
          end
        end
      end

      def target_has_rows?
        return false unless @session.target.respond_to?(:each_key)

        @session.target.each_key(1) { |keys| return true unless keys.empty? }
        false
      end

      def live_keys(pass)
        source = @session.source
        live = {}
        @files.each_batch(@session.batch, @session.deadline, columns: source.key) do |rows, _|
          rows.each do |row|
            key = @session.key(source.key_of(row))
            live[key] = true if pass.include?(key)
          end
        end
        live
      end

      def put(position)
        @session.open(@files.size)
        form = @session.columns? ? Columns : Array
        @files.each_batch(@session.batch, @session.deadline, position:, form:) do |rows, after|
          next if rows.empty?

          count = rows.size
          @session.write(@session.cursor.at(phase: "rows", at: after), *changes(rows))
          @session.read(count)
        end
      end

      # @return [Array(Object, Array)] what to put and what to delete
      def changes(rows)
        source = @session.source
        if rows.is_a?(Columns)
          keys = @session.keys(source.keys_of(rows))
          return [@session.renamed(rows), []] if keys.uniq.size == keys.size

          rows = rows.to_rows
        end
        upserts = {}
        deletes = []
        rows.each { |row| @session.put(row, source.key_of(row), upserts, deletes) }
        [upserts, deletes]
      end
    end
  end
end
