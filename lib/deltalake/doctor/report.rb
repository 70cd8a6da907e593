# frozen_string_literal: true

require "json"

module DeltaLake
  class Doctor
    # What {Doctor.examine} has found. Frozen.
    class Report
      # @return [String] the table's address, without secrets
      attr_reader :table
      # @return [Array<Finding>] in the order in which they were found
      attr_reader :findings

      # @api private
      def initialize(table, findings)
        @table = table
        @findings = findings.dup.freeze
        freeze
      end

      # @return [Array<Finding>] what is wrong
      def problems
        findings.select(&:problem?)
      end

      # @return [Boolean] whether nothing is wrong; there may be advice
      def healthy?
        problems.empty?
      end

      # @return [Hash{Symbol => Object}]
      def to_h
        { table:, healthy: healthy?, findings: findings.map(&:to_h) }
      end

      # @return [String]
      def to_json(*)
        JSON.generate(to_h)
      end

      # @return [String] a line for each finding, and one for each advice
      def to_s
        findings.flat_map do |finding|
          [format("%-8<level>s%-11<check>s%<message>s", level: finding.level, check: finding.check,
                                                        message: finding.message),
           *("#{' ' * 19}-> #{finding.advice}" if finding.advice)]
        end.join("\n")
      end

      # @return [String]
      def inspect
        "#<#{self.class} #{table} findings=#{findings.size} problems=#{problems.size}>"
      end
    end
  end
end
