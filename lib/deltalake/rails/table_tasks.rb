# frozen_string_literal: true

require_relative "../cli"

module DeltaLake
  # What the rake tasks do with tables, one after the other.
  # @api private
  class TableTasks
    # @param names [Array<String>] of tables, or their addresses; all of the configuration where there are none
    def initialize(names)
      known = DeltaLake.configuration.tables
      @tables = names.map { |name| known.key?(name.to_sym) ? name.to_sym : name }
      @tables = known.keys if names.empty?
      return unless @tables.empty?

      raise ArgumentError, "no table is named: deltalake:show[NAME or address], or name some in config/deltalake.yml"
    end

    # Tells what they are.
    def show
      @tables.each { |table| command("show", table) }
    end

    # Looks for what is wrong, and ends the process with a code of its own where something is.
    def doctor
      codes = @tables.map { |table| command("doctor", table) }
      exit(codes.max) if codes.any?(&:positive?)
    end

    # Writes checkpoints and deletes what has expired of the logs. What is not done in time is for the next run.
    #
    # @param seconds [Numeric] for all of them
    def maintain(seconds:)
      @until = Clock.now + seconds
      failed = @tables.reject { |table| maintain_table(table) }
      raise Error, "upkeep failed for #{failed.join(', ')}" unless failed.empty?
    end

    private

    def maintain_table(name)
      table = DeltaLake.open(name, deadline: left)
      puts "#{name}: #{checkpoint(table)}, #{clean(table)}"
      true
    rescue DeadlineExceededError
      puts "#{name}: the time is up, the next run goes on"
      true
    rescue Error => e
      warn "#{name}: #{e.message}"
      false
    end

    def checkpoint(table)
      done = table.checkpoint(deadline: left)
      done.skipped? ? "version #{done.version} has a checkpoint" : "checkpoint of version #{done.version}"
    end

    def clean(table)
      files = 0
      loop do
        cleaned = table.clean_log(deadline: left)
        files += cleaned.files
        break unless cleaned.more?
      end
      "#{files} files of the log deleted"
    end

    def left
      [@until - Clock.now, 0.001].max
    end

    def command(name, table)
      uri, storage = table.is_a?(Symbol) ? NamedTables.find(table, {}) : [table, {}]
      puts "# #{table}" if @tables.size > 1
      CLI.run([name, uri, *storage.flat_map { |key, value| ["--storage", "#{key}=#{value}"] }])
    end
  end
end
