# frozen_string_literal: true

module DeltaLake
  module Testing
    # Assertions of Minitest and of Rails' tests. Stores in memory are emptied before each test.
    #
    # @example
    #   class ActiveSupport::TestCase
    #     include DeltaLake::Testing::Assertions
    #   end
    module Assertions
      # @api private
      def before_setup
        DeltaLake::Testing.clear
        super
      end

      # Passes where these are all of the rows, in any order.
      #
      # @param expected [Array<Hash>] a missing column is nil; a value may be anything that has `===`
      # @param table [Table, Snapshot, Scan, String, Symbol] a table is looked at in its newest version
      # @param message [String, nil]
      def assert_rows(expected, table, message = nil)
        subject = TableRows.new(table)
        compared = RowsComparison.new(expected, subject.rows)
        assert(compared.same?, lambda {
          told = "#{subject.name} does not have exactly these #{expected.size} rows:"
          [message, told, compared.difference].compact.join("\n")
        })
      end

      # Passes where these rows are among others.
      #
      # @param expected (see #assert_rows)
      # @param table (see #assert_rows)
      # @param message (see #assert_rows)
      def assert_includes_rows(expected, table, message = nil)
        subject = TableRows.new(table)
        compared = RowsComparison.new(expected, subject.rows)
        assert(compared.missing.empty?, lambda {
          [message, "#{subject.name} lacks rows:", compared.difference(only_missing: true)].compact.join("\n")
        })
      end
    end
  end
end
