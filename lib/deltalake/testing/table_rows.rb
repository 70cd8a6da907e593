# frozen_string_literal: true

module DeltaLake
  module Testing
    # The rows of what an expectation is about.
    # @api private
    class TableRows
      # @return [String] for messages
      attr_reader :name
      # @return [Array<Hash>]
      attr_reader :rows

      # @param subject [Table, Snapshot, Scan, String, Symbol, Pathname, Enumerable<Hash>] a table is looked at in its
      #   newest version, since what is tested writes with a handle of its own; an address is opened
      def initialize(subject)
        subject = DeltaLake.open(subject) if subject.is_a?(String) || subject.is_a?(Symbol) || subject.respond_to?(:to_path)
        subject.refresh if subject.is_a?(Table)
        @name = subject.respond_to?(:uri) ? "#{Address.shown(subject.uri)} (version #{subject.version})" : subject.inspect
        @rows = subject.to_a
      end
    end
  end
end
