# frozen_string_literal: true

require "fileutils"
require_relative "row"

module Comparison
  # What the works have in common: where their tables are, how much is measured, and by whom.
  class Session
    attr_reader :contestants, :settings, :python

    def initialize(python, contestants, settings, folder)
      @python = python
      @contestants = contestants
      @settings = settings
      @folder = folder
      @tables = 0
    end

    # A path that is new.
    def path(name)
      File.join(@folder, "#{name}-#{@tables += 1}")
    end

    # The table that a script of data/ makes, once.
    def made(script, *arguments)
      table = File.join(@folder, [script, *arguments].join("-"))
      contestants.make(script, table, *arguments) unless File.exist?(table)
      table
    end

    # A copy of a table, gone when the block ends.
    def copy(table)
      copy = path("copy")
      FileUtils.cp_r(table, copy)
      yield copy
    ensure
      FileUtils.rm_rf(copy)
    end

    # Every side in turn, so many times, and the slow ones once: medians of what the block gives for each, by side.
    def medians(sides, repeats: settings.repeats, once: [])
      results = sides.to_h { |side| [side, []] }
      repeats.times do |turn|
        (turn.zero? ? sides : sides - once).each { |side| results[side] << yield(side) }
      end
      results.transform_values { |list| median(list) }
    end

    def say(text)
      warn "#{Time.now.strftime('%H:%M:%S')} #{text}"
    end

    private

    def median(list)
      list.first.keys.to_h do |key|
        values = list.map { |one| one[key] }
        [key, values.first.is_a?(Numeric) ? values.sort[values.size / 2] : values.first]
      end
    end
  end
end
