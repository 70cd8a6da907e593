# frozen_string_literal: true

require_relative "../row"

module Comparison
  module Works
    # Threads of one process that append to one table, each a few rows at a time, with commits of their own and shared.
    class Group
      THREADS = 64

      def initialize(session)
        @session = session
        @turns = session.settings.turns
      end

      def rows
        @session.say(work)
        repeats = [3, @session.settings.repeats].min
        alone, shared = @session.medians(%w[alone shared], repeats: repeats) { |form| append(form) }.values
        [row("landed", "#{work}: landed, with shared commits", shared[:result], "", Budget.exactly(THREADS * @turns)),
         row("commits", "commits that it takes", shared[:commits], ""), *times(alone[:seconds], shared[:seconds])]
      end

      private

      def times(alone, shared)
        [row("shared", "time", shared, "s"), row("alone", "the same, each append with a commit of its own", alone, "s"),
         row("ratio", "time with shared commits, over that", (shared / alone).round(2), "times",
             Budget.most(0.5, "times"))]
      end

      def work
        "#{THREADS} threads of one process × #{@turns} appends"
      end

      def row(key, what, ours, unit, budget = nil)
        Row.new(key: "group_#{key}", work: what, ours: ours, unit: unit, budget: budget)
      end

      def append(form)
        table = @session.path("group")
        @session.contestants.run(:ours, "append_group", table, THREADS, @turns, form)
      ensure
        FileUtils.rm_rf(table)
      end
    end
  end
end
