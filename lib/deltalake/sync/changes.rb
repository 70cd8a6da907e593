# frozen_string_literal: true

module DeltaLake
  class Sync
    # What the change data feed tells, in the order of the versions, each key with what it is at the end. Rows of pre-
    # and postimages are filtered alike: what leaves the filter is a delete. Whole versions are written at once, many
    # small ones together; only one with more rows than fit is written in parts, its deletes last.
    # @api private
    class ChangeFeed
      # @param session [Session]
      # @param snapshot [Snapshot] of the version to reach
      def initialize(session, snapshot)
        @session = session
        @snapshot = snapshot
        @upserts = {}
        @deletes = {}
        # Keys that the version under way has put: within a version a put counts, in whatever order rows come.
        @put = {}
      end

      # Begins, or goes on: what was written of it before is written again, with the same outcome.
      def run
        @session.progress.start(nil)
        feed = @session.source.changes(@snapshot, @session.cursor.version + 1, @session.deadline.left)
        version = nil
        feed.each_batch(size: @session.batch, deadline: @session.deadline.left) do |rows|
          rows.each do |row|
            at = row.delete(:_commit_version)
            complete(version) if version && at != version
            version = at
            take(row)
          end
          @session.read(rows.size)
        end
        write(@session.cursor.reached)
      end

      private

      def take(row)
        kind = row.delete(:_change_type)
        value = @session.source.key_of(row)
        %w[insert update_postimage].include?(kind) ? put(row, value) : delete(value)
      end

      def put(row, value)
        key = @session.key(value)
        @put[key] = true
        @deletes.delete(key)
        dropped = []
        @session.put(row, value, @upserts, dropped)
        unless dropped.empty?
          @upserts.delete(key)
          @deletes[key] = true
        end
        write_part if @upserts.size >= @session.batch * 10
      end

      def delete(value)
        key = @session.key(value)
        return if @put.key?(key)

        @upserts.delete(key)
        @deletes[key] = true
      end

      def complete(version)
        @put = {}
        return if @upserts.size + @deletes.size < @session.batch

        write(@session.cursor.with(version:, commit: nil))
      end

      def write_part
        @session.write(@session.cursor, @upserts)
        @upserts = {}
      end

      def write(cursor)
        @session.write(cursor, @upserts, @deletes.keys)
        @upserts = {}
        @deletes = {}
      end
    end
  end
end
