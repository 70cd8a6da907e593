# frozen_string_literal: true

require "tsort"

module Layers
  # Groups of nodes that reach each other.
  class Rings
    include TSort

    def initialize(pairs)
      @targets = Hash.new { |hash, node| hash[node] = [] }
      pairs.each { |from, to| @targets[from] |= [to] }
    end

    def to_a
      strongly_connected_components.select { |group| group.size > 1 }.map(&:sort)
    end

    private

    def tsort_each_node(&)
      @targets.keys.each(&)
    end

    def tsort_each_child(node, &)
      @targets.fetch(node, []).each(&)
    end
  end
end
