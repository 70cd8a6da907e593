# frozen_string_literal: true

require "securerandom"
require_relative "changes"
require_relative "cursor"
require_relative "difference"
require_relative "full"

module DeltaLake
  class Sync
    # What a run does next: it finishes what was begun, whatever it is, and then goes on to the newest version. The
    # version to reach is written to the target before anything of it, so that a run that was cut short is brought to
    # its end by the same way.
    # @api private
    class Plan
      # @param session [Session]
      # @param newest [Snapshot] the version to reach
      # @param options [String] digest of the sync's options
      # @param mode [Symbol]
      def initialize(session, newest, options, mode)
        @session = session
        @source = session.source
        @newest = newest
        @options = options
        @mode = mode
        @run = SecureRandom.hex(4)
      end

      # Takes one step.
      #
      # @return [Symbol, nil] its mode; nil where the target has the newest version
      # @raise [SyncGapError] where there is no way
      def advance
        mode, step = @start_over ? copy : next_step
        @start_over = false
        step&.run
        mode
      rescue FileNotFoundError => e
        raise vacuumed(@session.cursor, e) if mode == :changes
        raise unless mode && outdated?
        raise interrupted(@session.cursor, e) unless mode == :full

        start_over
        retry
      end

      # The next step is to copy everything, whatever the target has.
      def start_over
        @start_over = true
      end

      private

      def next_step
        cursor = @session.cursor
        return copy if cursor.nil? || wants_copy?(cursor)

        fault = Fault.of(@session, @newest, @options)
        return copy if fault && cursor.version.nil?
        raise fault if fault

        cursor.pending ? resume(cursor) : go_on(cursor)
      end

      def copy
        @copied = true
        claim(Cursor.new(table: @newest.id, version: nil, commit: nil, schema: @source.fingerprint(@newest),
                         options: @options, pending: pending("full"), run: @run))
        [:full, Full.new(@session, @newest)]
      end

      # Whether files of an older version than the newest were wanted.
      def outdated?
        @session.cursor.pending&.fetch("to") != @newest.version
      end

      # A copy that is under way is finished instead, where it is of the same things.
      def wants_copy?(cursor)
        return false if @mode != :full || @copied

        cursor.pending.nil? || cursor.pending["mode"] != "full"
      end

      def resume(cursor)
        case cursor.pending["mode"]
        when "full" then resume_copy(cursor)
        when "changes" then resume_changes(cursor)
        else resume_difference(cursor)
        end
      end

      def resume_copy(cursor)
        snapshot = pinned(cursor)
        return copy unless snapshot

        @copied = true
        claim(cursor)
        [:full, Full.new(@session, snapshot)]
      end

      # The feed to the newest version has all keys of the feed to an older one, each with what it is in the end.
      def resume_changes(cursor)
        feed_error = no_feed(cursor)
        raise interrupted(cursor, feed_error) if feed_error

        changes(cursor)
      end

      def resume_difference(cursor)
        new = pinned(cursor)
        old = new && snapshot(cursor.version)
        raise interrupted(cursor, nil) unless old

        claim(cursor)
        [:difference, Difference.new(@session, old, new)]
      end

      def go_on(cursor)
        return if cursor.version == @newest.version

        feed_error = no_feed(cursor) unless @mode == :difference
        return changes(cursor) unless feed_error || @mode == :difference
        raise feed_gap(cursor, feed_error) if @mode == :changes

        old = snapshot(cursor.version)
        raise log_cleaned(cursor) unless old

        claim(cursor.with(pending: pending("difference")))
        [:difference, Difference.new(@session, old, @newest)]
      end

      def changes(cursor)
        claim(cursor.with(pending: pending("changes")))
        [:changes, ChangeFeed.new(@session, @newest)]
      end

      def pending(mode)
        { "mode" => mode, "to" => @newest.version, "commit" => @source.commit(@newest, @session.deadline.left) }
      end

      # Whoever ran until now finds its cursor moved, and ends.
      def claim(cursor)
        @session.write(cursor.with(run: @run))
      end

      def no_feed(cursor)
        @source.changes(@newest, cursor.version + 1, @session.deadline.left)
        nil
      rescue ConfigurationError, TableNotFoundError, SchemaMismatchError => e
        e
      end

      def snapshot(version)
        @source.at(version, @session.deadline.left)
      rescue TableNotFoundError
        nil
      end

      # The version that the run was to reach, if it is still there and no other one of its number.
      def pinned(cursor)
        found = snapshot(cursor.pending["to"])
        found if found && @source.commit(found, @session.deadline.left) == cursor.pending["commit"]
      end

      def interrupted(cursor, cause)
        gap(:interrupted, cursor, "a run from version #{cursor.version} to #{cursor.pending['to']} was cut short, " \
                                  "and the versions that it was of can no longer be read", cause)
      end

      def vacuumed(cursor, cause)
        gap(:vacuumed, cursor, "the changes after version #{cursor.version} can no longer be read, since a vacuum " \
                               "has deleted files of them", cause)
      end

      def feed_gap(cursor, cause)
        reason = cause.is_a?(TableNotFoundError) ? :log_cleaned : :feed_missing
        gap(reason, cursor, "the changes after version #{cursor.version} cannot be told", cause)
      end

      def log_cleaned(cursor)
        gap(:log_cleaned, cursor, "the log no longer reaches version #{cursor.version}, which the target has")
      end

      def gap(reason, cursor, message, cause = nil)
        message = "#{message}: #{cause.message}" if cause
        Fault.error(reason, cursor, message)
      end
    end
  end
end
