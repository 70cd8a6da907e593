# frozen_string_literal: true

require_relative "fault"
require_relative "files"
require_relative "passes"

module DeltaLake
  class Sync
    # What became of the rows of two versions, by their key, where no feed tells it. Only files are read that one of the
    # two versions has and the other has not. First the keys that no added file has are deleted, all of them, then come
    # the rows that are new or others. Of the removed files' rows their keys and a number each are held, a million of
    # them at once.
    # @api private
    class Difference
      # @param session [Session]
      # @param old [Snapshot] of the version that the target has
      # @param new [Snapshot] of the version to reach
      def initialize(session, old, new)
        @session = session
        before, after = [old, new].map do |snapshot|
          Files.of(session.source.scan(snapshot), snapshot, session.deadline.left)
        end
        @removed = before - after
        @added = after - before
      end

      # Begins, or goes on.
      def run
        at = @session.cursor.pending
        @session.open(@removed.size + @added.size)
        passes = passes(at)
        unless at["phase"] == "rows"
          passes.drop(at["pass"] || 0).each { |pass| delete(pass, old_rows(pass)) }
          at = { "pass" => 0 }
        end
        put_all(passes.drop(at["pass"]), at["at"])
        @session.write(@session.cursor.reached)
      end

      private

      def passes(at)
        removed_rows = @removed.rows
        passes = at["passes"] ? Passes.of(at["passes"]) : Passes.for(removed_rows)
        times = passes.one? ? 1 : 2
        @session.progress.start(((removed_rows * times) + @added.rows) * passes.size)
        passes
      end

      # @return [Hash{Object => Integer}] a number of each row by its key; the lowest bit is for {#delete}. That of the
      #   last pass is kept
      def old_rows(pass)
        return @old if @old_of == pass

        @old = nil
        @old = read_removed(pass)
        @old_of = pass
        @old
      end

      def read_removed(pass)
        source = @session.source
        old = {}
        @removed.each_batch(@session.batch, @session.deadline) do |rows, _|
          rows.each do |row|
            key = source.key_of(row)
            old[key] = row.hash & ~1 if pass.include?(key)
          end
          @session.read(rows.size)
        end
        old
      rescue FileNotFoundError => e
        version = @session.cursor.version
        raise Fault.error(:vacuumed, @session.cursor, "what the target has cannot be compared any more, since a " \
                                                      "vacuum has deleted files of version #{version}: #{e.message}")
      end

      def delete(pass, old)
        return if old.empty?

        source = @session.source
        @added.each_batch(@session.batch, @session.deadline, columns: source.key) do |rows, _|
          rows.each do |row|
            key = source.key_of(row)
            old[key] |= 1 if old.key?(key)
          end
        end
        # Not filter_map: a key may be false.
        gone = old.select { |_, number| number.even? }.keys.map { |key| @session.key(key) }
        gone.each_slice(@session.batch) { |keys| @session.write(@session.cursor.at(**place(pass)), {}, keys) }
      end

      def put_all(passes, position)
        passes.each do |pass|
          put(pass, old_rows(pass), position)
          position = nil
        end
      end

      def put(pass, old, position)
        upserts = {}
        deletes = []
        after = position
        @added.each_batch(@session.batch, @session.deadline, position:) do |rows, at|
          rows.each { |row| compare(pass, old, row, upserts, deletes) }
          @session.read(rows.size)
          after = at
          next if upserts.size + deletes.size < @session.batch

          @session.write(@session.cursor.at(**place(pass), phase: "rows", at: after), upserts, deletes)
          upserts = {}
          deletes = []
        end
        @session.write(@session.cursor.at(**place(pass), phase: "rows", at: after), upserts, deletes)
      end

      def compare(pass, old, row, upserts, deletes)
        key = @session.source.key_of(row)
        return unless pass.include?(key)
        return if (number = old[key]) && number & ~1 == row.hash & ~1

        @session.put(row, key, upserts, deletes)
      end

      def place(pass)
        { pass: pass.number, passes: pass.of }
      end
    end
  end
end
