# frozen_string_literal: true

module DeltaLake
  module Testing
    # Matchers of RSpec. `require "deltalake/testing"` includes them into all examples, and empties the stores in memory
    # before each.
    #
    # @example
    #   expect(table).to have_rows([{ id: 1, price: be_within(0.1).of(5) }])
    #   expect("memory://test/orders").to include_rows([{ id: 1 }])
    module Matchers
      # Of all of the rows, or of some of them.
      # @api private
      class Rows
        # @param expected [Array<Hash>]
        # @param all [Boolean]
        def initialize(expected, all:)
          @expected = expected
          @all = all
        end

        # @param table [Table, Snapshot, Scan, String, Symbol]
        # @return [Boolean]
        def matches?(table)
          @subject = TableRows.new(table)
          @compared = RowsComparison.new(@expected, @subject.rows)
          @all ? @compared.same? : @compared.missing.empty?
        end

        # For `not_to`: other rows, or none of these.
        #
        # @param table (see #matches?)
        # @return [Boolean]
        def does_not_match?(table)
          @all ? !matches?(table) : !matches?(table) && @compared.missing.size == @expected.size
        end

        # @return [String]
        def description
          "#{@all ? 'have' : 'include'} #{@expected.size} rows"
        end

        # @return [String]
        def failure_message
          told = "to include rows"
          told = "to have exactly these #{@expected.size} rows, and has #{@subject.rows.size}" if @all
          "expected #{@subject.name} #{told}:\n#{@compared.difference(only_missing: !@all)}"
        end

        # @return [String]
        def failure_message_when_negated
          "expected #{@subject.name} not to #{description}, and it does"
        end
      end

      # Passes where these are all of the rows, in any order.
      #
      # @param expected [Array<Hash>] a missing column is nil; a value may be a matcher
      # @return [Rows]
      def have_rows(expected) # rubocop:disable Naming/PredicateName
        Rows.new(expected, all: true)
      end

      # Passes where these rows are among others.
      #
      # @param expected (see #have_rows)
      # @return [Rows]
      def include_rows(expected)
        Rows.new(expected, all: false)
      end
    end
  end
end

RSpec.configure do |config|
  config.include(DeltaLake::Testing::Matchers)
  config.before { DeltaLake::Testing.clear }
end
