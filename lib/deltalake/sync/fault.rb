# frozen_string_literal: true

module DeltaLake
  class Sync
    # Why what the target has is not of the table as it is now.
    # @api private
    module Fault
      class << self
        # @param session [Session]
        # @param newest [Snapshot]
        # @param options [String] digest of the sync's options
        # @return [SyncGapError, nil]
        def of(session, newest, options)
          cursor = session.cursor
          replaced(session, newest) || options_changed(cursor, options) || schema_changed(session, newest)
        end

        # @return [SyncGapError]
        def error(reason, cursor, message)
          SyncGapError.new("#{message}. Either all rows are copied again (on_gap: :resync, or mode: :full), or the " \
                           "target stays as it is", reason:, from: cursor.version)
        end

        private

        def replaced(session, newest)
          cursor = session.cursor
          if cursor.table != newest.id
            error(:recreated, cursor, "another table has taken the place of the one that was synced: its id was " \
                                      "#{cursor.table} and is #{newest.id}")
          elsif newest.version < cursor.furthest
            error(:restored, cursor, "the table was set back to version #{newest.version}, from #{cursor.furthest} " \
                                     "at least")
          elsif other_commit?(session)
            error(:restored, cursor, "version #{cursor.version} is another one than the one that was synced: the " \
                                     "table was set back, and written to since")
          end
        end

        # Where the log no longer has the commit, there is nothing to compare.
        def other_commit?(session)
          cursor = session.cursor
          return false unless cursor.version && cursor.commit

          deadline = session.deadline.left
          made = session.source.commit(session.source.at(cursor.version, deadline), deadline)
          made && made != cursor.commit
        rescue TableNotFoundError
          false
        end

        def options_changed(cursor, options)
          return if cursor.options == options

          error(:options_changed, cursor, "key, where, select, columns or target of the sync are others than those " \
                                          "that it began with, under the same name")
        end

        def schema_changed(session, newest)
          return if session.cursor.schema == session.source.fingerprint(newest)

          error(:schema_changed, session.cursor, "the columns that are synced have changed: #{newest.schema}")
        rescue ArgumentError => e
          error(:schema_changed, session.cursor, "the columns that are synced have changed: #{e.message}")
        end
      end
    end
  end
end
