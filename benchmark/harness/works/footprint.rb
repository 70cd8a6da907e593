# frozen_string_literal: true

module Comparison
  module Works
    # Disk and memory of the library itself.
    class Footprint
      LIBRARY = File.expand_path("../../../lib/deltalake/deltalake.so", __dir__)
      private_constant :LIBRARY

      def initialize(session)
        @session = session
      end

      def rows
        table = @session.made("million_files", 1_000, 0)
        found = @session.medians(%i[peer ours]) { |side| @session.contestants.run(side, "resident", table) }
        peer, ours = found.values_at(:peer, :ours)
        [Row.new(key: "library", work: "library on disk", unit: "MB", peer: megabytes(@session.python.library_bytes),
                 ours: megabytes(File.size(LIBRARY)), budget: Budget.most(15, "MB")),
         Row.new(key: "resident_require", work: "resident memory that require adds", unit: "MB",
                 peer: peer[:imported_mb], ours: ours[:imported_mb], budget: Budget.most(5, "MB")),
         Row.new(key: "resident_open", work: "that require and an open table of 1,000 files add", unit: "MB",
                 peer: peer[:opened_mb], ours: ours[:opened_mb], budget: Budget.most(15, "MB"))]
      end

      private

      def megabytes(bytes)
        bytes / 1e6
      end
    end
  end
end
