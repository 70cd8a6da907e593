# frozen_string_literal: true

require_relative "../sides"

module Comparison
  module Works
    # A checkpoint of a table of many files, of which the one before has all but one commit's.
    class Checkpoint
      PARTITIONS = 100
      # Over what the process had before.
      MEMORY = Budget.most(200, "MB")

      def initialize(session)
        @session = session
        @files = session.settings.files
      end

      def rows
        work = "open a table of #{Comparison.thousands(@files)} files and write its checkpoint"
        @session.say(work)
        found = @session.medians(%i[deltalake ours], repeats: @session.settings.few) do |side|
          @session.copy(@session.made("million_files", @files, PARTITIONS)) do |table|
            @session.contestants.run(side, "checkpoint", table)
          end
        end
        budgets = { deltalake: Budget.share(0.5, "1/2") }
        [*Sides.new("checkpoint", work, found, seconds: budgets).check(@files).rows,
         Row.new(key: "checkpoint_over", work: "its peak memory, over what the process had before", unit: "MB",
                 full: "peak memory of: #{work}, over what the process had before",
                 peer: found.dig(:deltalake, :over_mb), ours: found.dig(:ours, :over_mb), budget: MEMORY)]
      end
    end
  end
end
