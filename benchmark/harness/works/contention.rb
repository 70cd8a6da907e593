# frozen_string_literal: true

module Comparison
  module Works
    # Many processes that append to one table, and one that appends the same twice.
    class Contention
      def initialize(session)
        @session = session
        @turns = session.settings.turns
      end

      def rows
        [*crowd("crowd_8", 8, Budget.share(0.5, "1/2"), [3, @session.settings.repeats].min),
         *crowd("crowd_32", @session.settings.crowd, Budget.share(0.25, "1/4"), 1), same_transaction]
      end

      private

      def crowd(key, size, budget, repeats)
        @session.say("#{size} processes × #{@turns} appends")
        found = @session.medians(%i[peer ours], repeats: repeats) { |side| contend(side, size) }
        peer, ours = found.values_at(:peer, :ours)
        [Row.new(key: "#{key}_landed", work: "#{size} processes × #{@turns} appends: landed", unit: "",
                 peer: peer[:landed], ours: ours[:landed], budget: Budget.exactly(size * @turns)),
         Row.new(key: key, work: "time, with the start of the processes", unit: "s", peer: peer[:seconds],
                 ours: ours[:seconds], budget: budget)]
      end

      # Landed is what the log has; what a process believes must be the same.
      def contend(side, size)
        @session.copy(@session.made("many_commits", 0)) do |table|
          before = versions(table)
          crowd = @session.contestants.crowd(side, "contender", size) { |n| [table, @turns, n] }
          landed = versions(table) - before
          believed = crowd[:results].sum { |one| one.fetch(:result, 0) }
          @session.say("  #{side}: #{believed} appends raised nothing, and #{landed} are there") if landed != believed
          { seconds: crowd[:seconds], landed: landed }
        end
      end

      def versions(table)
        Dir[File.join(table, "_delta_log", "*.json")].size
      end

      def same_transaction
        found = %i[peer ours].to_h do |side|
          [side, @session.contestants.run(side, "same_transaction", @session.path("transaction"))[:result]]
        end
        Row.new(key: "same_transaction", work: "the same (application, version) appended twice: landed", unit: "",
                peer: found[:peer], ours: found[:ours], budget: Budget.exactly(1))
      end
    end
  end
end
