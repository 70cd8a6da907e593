# frozen_string_literal: true

require "yaml"
require_relative "machine"

module Comparison
  # The table, for the terminal and for RESULTS.md.
  class Report
    HEADER = %w[Work Peer Ours Ratio Budget Met].freeze
    NOTES = File.expand_path("../notes.yml", __dir__)
    HOW = <<~TEXT
      Each figure is the median of several processes of its own, the sides taking turns, on the same data in the same run.
      "Peer" is Python `deltalake` (and, where it says so, Polars or DuckDB). Ratio is ours over the peer's: below 1, ours is the smaller.
      Memory is the resident peak of the whole process. Tables of files without data are made by hand: they are only listed.
      Our Arrow batches are taken from the C stream, one after the other, and let go. Our appends are on disk (fsync) when they return; the peer's are
      left to the system's cache. "50 ms a request" is a store on the same machine (SeaweedFS), behind what holds each request back for so long, and each
      connection for itself; for both sides.
    TEXT

    def initialize(rows, machine)
      @rows = rows
      @machine = machine
    end

    def table
      lines = [HEADER, *@rows.map(&:cells)]
      widths = lines.transpose.map { |cells| cells.map(&:length).max }
      text = lines.map { |cells| "| #{cells.zip(widths).map { |cell, width| cell.ljust(width) }.join(' | ')} |" }
      text.insert(1, "|#{widths.map { |width| '-' * (width + 2) }.join('|')}|").join("\n")
    end

    def to_s
      machine = @machine.map { |line| "- #{line}" }.join("\n")
      [title, machine, HOW.chomp, table, missed].join("\n\n").concat("\n")
    end

    def write(file)
      File.write(file, to_s)
    end

    private

    def title
      "# Benchmark\n\n`rake benchmark` compiles, measures and writes this file."
    end

    def missed
      notes = File.exist?(NOTES) ? YAML.safe_load(File.read(NOTES)) || {} : {}
      rows = @rows.select { |row| row.met? == false }
      return "Every budget is met." if rows.empty?

      sentences = rows.map { |row| "- #{row.name}: #{notes.fetch(row.key, 'not explained yet.')}" }
      "## Budgets that are missed\n\n#{sentences.join("\n")}"
    end
  end
end
