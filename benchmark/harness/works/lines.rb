# frozen_string_literal: true

module Comparison
  module Works
    # An append of many rows that are lines of JSON in a file.
    class Lines
      def initialize(session)
        @session = session
        @settings = session.settings
      end

      def rows
        @session.say("append of #{@settings.rows} lines of JSON")
        file = @session.made("json_lines", @settings.rows)
        found = @session.medians(%i[json pyarrow ours]) do |side|
          table = @session.path("lines")
          arguments = side == :ours ? [] : [side.to_s]
          @session.contestants.run(side == :ours ? :ours : :peer, "append_json", table, file, *arguments)
        ensure
          FileUtils.rm_rf(table)
        end
        shown(*found.values_at(:json, :pyarrow, :ours))
      end

      private

      def shown(json, pyarrow, ours)
        what = "append_json of #{Comparison.thousands(@settings.rows)} lines (6 columns)"
        [Row.new(key: "append_json", work: "#{what}; the peer's side: Python's json, then pyarrow", unit: "s",
                 peer: json[:seconds], ours: ours[:seconds]),
         Row.new(key: "append_json_pyarrow", work: "the same; the peer's side: pyarrow's reader of lines", unit: "s",
                 peer: pyarrow[:seconds], ours: ours[:seconds]),
         Row.new(key: "append_json_memory", work: "its peak memory", unit: "MB", peer: pyarrow[:peak_mb],
                 ours: ours[:peak_mb])]
      end
    end
  end
end
