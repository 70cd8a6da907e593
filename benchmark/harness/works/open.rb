# frozen_string_literal: true

module Comparison
  module Works
    # Tables with long logs.
    class Open
      PARTITIONS = 100

      def initialize(session)
        @session = session
      end

      def rows
        [*partition(@session.settings.files), *commits(@session.settings.commits)]
      end

      private

      def partition(files)
        @session.say("opening a table of #{files} files")
        table = @session.made("million_files", files, PARTITIONS)
        work = "open a table of #{Comparison.thousands(files)} files and list one of #{PARTITIONS} partitions"
        measure("open_files", work, files / PARTITIONS, table, "p007")
      end

      def commits(commits)
        @session.say("opening a log of #{commits} commits")
        work = "open a log of #{Comparison.thousands(commits)} commits without a checkpoint and list the files"
        measure("open_commits", work, commits, @session.made("many_commits", commits))
      end

      def measure(key, work, files, *arguments)
        found = @session.medians(%i[peer ours]) { |side| @session.contestants.run(side, "open_table", *arguments) }
        peer, ours = found.values_at(:peer, :ours)
        raise "not all files were listed: #{found}" unless [peer, ours].all? { |one| one[:result] == files }

        quarter = Budget.share(0.25, "1/4")
        [Row.new(key: key, work: work, unit: "s", peer: peer[:seconds], ours: ours[:seconds], budget: quarter),
         Row.new(key: "#{key}_memory", work: "its peak memory", unit: "MB", peer: peer[:peak_mb], ours: ours[:peak_mb],
                 budget: quarter)]
      end
    end
  end
end
