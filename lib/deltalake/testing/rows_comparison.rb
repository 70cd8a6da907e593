# frozen_string_literal: true

require "bigdecimal"
require "date"

module DeltaLake
  module Testing
    # Rows held against each other in any order. Names may be Symbols or Strings, a missing column is nil, numbers are
    # the same by value and times by the moment; a value may be anything that has `===`: a class, a range, a matcher.
    # @api private
    class RowsComparison
      # Rows that a message shows of each kind.
      SHOWN = 10
      private_constant :SHOWN

      # @return [Array<Hash>] expected rows that are not there
      attr_reader :missing
      # @return [Array<Hash>] rows that nobody expected
      attr_reader :unexpected

      # @param expected [Array<Hash>]
      # @param actual [Array<Hash>]
      def initialize(expected, actual)
        raise TypeError, "expected rows are an Array of Hashes" unless expected.is_a?(Array) && expected.all?(Hash)

        left = by_value(actual)
        @missing = expected.map { |row| row.transform_keys(&:to_sym) }.reject { |row| take(left, key(row)) }
        @unexpected = left.values.flatten(1)
        take_matching
      end

      # @return [Boolean]
      def same?
        missing.empty? && unexpected.empty?
      end

      # @param only_missing [Boolean] whether other rows are fine
      # @return [String]
      def difference(only_missing: false)
        pairs, missing, unexpected = paired
        lines = pairs.first(SHOWN).map { |expected, actual| "  ~ #{changed(expected, actual)}" }
        lines += missing.first(SHOWN).map { |row| "  - #{row.inspect}" }
        lines += unexpected.first(SHOWN).map { |row| "  + #{row.inspect}" } unless only_missing
        more = [pairs, missing, only_missing ? [] : unexpected].sum { |rows| [rows.size - SHOWN, 0].max }
        lines << "  … and #{more} more" if more.positive?
        lines.join("\n")
      end

      private

      def by_value(rows)
        rows.group_by { |row| key(row) }
      end

      def take(left, key)
        rows = left[key] or return false

        rows.pop
        left.delete(key) if rows.empty?
        true
      end

      # For values that only `===` can tell. What fits several is left to one that nothing else fits.
      def take_matching
        fits = missing.map { |row| unexpected.each_index.select { |place| fit?(row, unexpected[place]) } }
        taken = {}
        missing.each_index { |row| take_one(row, fits, taken, {}) }
        @missing = missing.reject.with_index { |_, row| taken.value?(row) }
        @unexpected = unexpected.reject.with_index { |_, place| taken.key?(place) }
      end

      # Whether there is one for the row, where those before it may take others.
      def take_one(row, fits, taken, tried)
        fits[row].any? do |place|
          next if tried[place]

          tried[place] = true
          next if taken[place] && !take_one(taken[place], fits, taken, tried)

          taken[place] = row
        end
      end

      def fit?(row, actual)
        (row.keys | actual.keys).all? { |name| match?(row[name], actual[name]) }
      end

      def match?(expected, actual)
        value(expected) == value(actual) || (!expected.nil? && expected === actual) # rubocop:disable Style/CaseEquality
      end

      def key(row)
        row.compact.to_h { |name, item| [name.to_sym, value(item)] }
      end

      def value(item)
        case item
        when Numeric then number(item)
        when Symbol then item.to_s
        when Array then item.map { |inner| value(inner) }
        when Hash then item.to_h { |name, inner| [value(name), value(inner)] }
        else time?(item) ? [:time, item.to_time.to_r] : item
        end
      end

      def number(number)
        number.finite? ? number.to_r : number.to_s
      end

      def time?(item)
        item.is_a?(Time) || item.is_a?(DateTime) || item.respond_to?(:acts_like_time?)
      end

      # Rows that are nearly the same are shown by what is different.
      def paired
        left = unexpected.dup
        pairs = []
        alone = missing.reject do |row|
          near = left.max_by { |actual| alike(row, actual) }
          next if near.nil? || alike(row, near) * 2 < row.size

          pairs << [row, left.delete_at(left.index(near))]
        end
        [pairs, alone, left]
      end

      def alike(row, actual)
        row.count { |name, item| match?(item, actual[name]) }
      end

      def changed(expected, actual)
        different = (expected.keys | actual.keys).reject { |name| match?(expected[name], actual[name]) }
        same = actual.except(*different)
        told = different.map { |name| "#{name}: expected #{expected[name].inspect}, got #{actual[name].inspect}" }
        "#{same.inspect} #{told.join('; ')}"
      end
    end
  end
end
