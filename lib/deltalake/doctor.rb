# frozen_string_literal: true

require_relative "../deltalake"
require_relative "doctor/finding"
require_relative "doctor/report"
require_relative "doctor/sizes"
require_relative "doctor/log_folder"
require_relative "doctor/table_checks"
require_relative "doctor/folder_checks"

module DeltaLake
  # Looks at a table for what is wrong with it, or will be, and says what to do. It changes nothing of the table, and
  # goes on where a part of it is broken. It comes with `require "deltalake/doctor"`.
  #
  # @example
  #   report = DeltaLake::Doctor.examine("s3://warehouse/orders")
  #   report.healthy?                       # => false
  #   report.problems.each { |finding| puts finding.message, finding.advice }
  class Doctor
    # Objects of the table's folder that are looked at, where nobody says.
    MOST_OBJECTS = 200_000

    # @param uri [String, Pathname, Symbol] a table's address, or its name in the configuration
    # @param storage [Hash{Symbol, String => Object}] options of the store, such as credentials
    # @param most_objects [Integer] how many objects of the table's folder are looked at; 0 leaves them out
    # @param deadline [Numeric, nil] most seconds for each of the checks
    # @return [Report]
    def self.examine(uri, storage: {}, most_objects: MOST_OBJECTS, deadline: nil)
      new(uri, storage:, most_objects:, deadline:).examine
    end

    # (see .examine)
    def initialize(uri, storage: {}, most_objects: MOST_OBJECTS, deadline: nil)
      @native = Storage.table(uri, storage)
      @most_objects = Arguments.whole(:most_objects, most_objects)
      @deadline = Arguments.deadline(deadline)
    end

    # @return [Report]
    def examine
      @findings = []
      log = attempt(:log) { LogFolder.new(@native.list("_delta_log", @deadline)) }
      checks = FolderChecks.new(@native, log, @deadline)
      attempt(:log) { log && checks.log }
      attempt(:clock) { log && checks.clock }
      attempt(:store) { checks.store }
      examine_table
      Report.new(Address.shown(@native.uri), @findings)
    end

    private

    def examine_table
      snapshot = attempt(:table) { @native.snapshot(nil, nil, @deadline) }
      return if snapshot.nil?

      checks = TableChecks.new(snapshot, @deadline)
      attempt(:protocol) { checks.protocol }
      attempt(:files) { checks.files }
      attempt(:checkpoint) { checks.checkpoint(@findings) }
      attempt(:folder) { checks.folder(@most_objects) } if @most_objects.positive?
    end

    # What a check finds; where it fails, that is what it found.
    def attempt(check)
      found = yield
      @findings.concat(Array(found)) if found.is_a?(Finding) || found.is_a?(Array)
      found
    rescue Error => e
      @findings << Finding.new(check, :problem, e.message, Finding::ADVICE.find { |kind, _| e.is_a?(kind) }&.last)
      nil
    end
  end
end
