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
        is_address = [String, Symbol].any? { |kind| subject.is_a?(kind) } || subject.respond_to?(:to_path)
        subject = DeltaLake.open(subject) if is_address
        subject.refresh if subject.is_a?(Table)
        @rows = subject.to_a
        @name = subject.inspect
        @name = "#{Address.shown(subject.uri)} (version #{subject.version})" if subject.respond_to?(:uri)
      end
    end
  end
end
