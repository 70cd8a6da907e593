# frozen_string_literal: true

module DeltaLake
  class Sync
    # What the change data feed tells, in the order of the versions, each key with what it is at the end. Rows of pre-
    # and postimages are filtered alike: what leaves the filter is a delete. Whole versions are written at once, many
    # small ones together. One with more rows than fit is read twice: first come all deletes, so that a row that is to
    # go holds nothing that another one gets, and then its rows in parts. The run is pending from its first row on:
    # until then another way may be taken instead.
    # @api private
    class ChangeFeed
      # Kinds of changes whose row is what the key has then.
      PUTS = %w[insert update_postimage].freeze
      private_constant :PUTS

      # @param session [Session]
      # @param snapshot [Snapshot] of the version to reach
      # @param pending [Hash{String => Object}] of the cursor while rows are written
      def initialize(session, snapshot, pending)
        @session = session
        @snapshot = snapshot
        @pending = pending
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
        write_large(version) if @large
        write { |cursor| cursor.with(pending: @pending).reached }
      end

      private

      def take(row)
        kind = row.delete(:_change_type)
        value = @session.source.key_of(row)
        PUTS.include?(kind) ? put(row, value) : delete(value)
      end

      def put(row, value)
        key = @session.key(value)
        @put[key] = true
        @deletes.delete(key)
        @upserts.delete(key)
        dropped = []
        @session.put(row, value, @large ? {} : @upserts, dropped)
        @deletes[key] = true unless dropped.empty?
        leave_rows if @upserts.size >= most
      end

      def delete(value)
        key = @session.key(value)
        return if @put.key?(key)

        @upserts.delete(key)
        @deletes[key] = true
      end

      # Those of the version under way: it is read again for them.
      def leave_rows
        @large = true
        @upserts = @upserts.reject { |key, _| @put.key?(key) }
      end

      def complete(version)
        @put = {}
        return write_large(version) if @large
        return if @upserts.size + @deletes.size < @session.batch

        write { |cursor| cursor.with(version:, commit: nil) }
      end

      def write_large(version)
        begin_rows
        write(&:itself) unless @upserts.empty? && @deletes.empty?
        feed = @session.source.changes(@snapshot, version, @session.deadline.left).where(_commit_version: version)
        feed.each_batch(size: @session.batch, deadline: @session.deadline.left) do |rows|
          upserts = {}
          rows.each { |row| take_row(row, upserts) }
          @session.write(@session.cursor, upserts) unless upserts.empty?
          @session.read(rows.size)
        end
        @large = false
        @session.write(@session.cursor.with(version:, commit: nil))
      end

      def take_row(row, upserts)
        row.delete(:_commit_version)
        return unless PUTS.include?(row.delete(:_change_type))

        # What the block drops is deleted already.
        @session.put(row, @session.source.key_of(row), upserts, [])
      end

      # @yieldparam cursor [Cursor]
      # @yieldreturn [Cursor] of what is written
      def write
        begin_rows unless @upserts.empty? && @deletes.empty?
        *parts, rest = @deletes.keys.each_slice(most).to_a
        parts.each { |keys| @session.write(@session.cursor, {}, keys) }
        @session.write(yield(@session.cursor), @upserts, rest || [])
        @upserts = {}
        @deletes = {}
      end

      def begin_rows
        return if @begun

        @session.write(@session.cursor.with(pending: @pending))
        @begun = true
      end

      # Rows of one version that are written at once.
      def most
        @session.batch * 10
      end
    end
  end
end
