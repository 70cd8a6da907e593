# frozen_string_literal: true

module DeltaLake
  class Sync
    # Rows as an Array for each column, for targets that take them so: with no Hash for any row.
    # @api private
    class Columns
      # @param rows [Array<Hash>]
      # @param names [Array<Symbol>] of what is taken of them
      # @return [Columns]
      def self.of(rows, names)
        new(names.to_h { |name| [name, rows.map { |row| row[name] }] })
      end

      # @param arrays [Hash{Symbol => Array}]
      def initialize(arrays)
        @arrays = arrays
      end

      # @return [Integer]
      def size
        @arrays.each_value.first.size
      end

      # @return [Boolean]
      def empty?
        size.zero?
      end

      # @return [Array<Symbol>]
      def names
        @arrays.keys
      end

      # @return [Array] values of a column
      def [](name)
        @arrays.fetch(name)
      end

      # @param other [Columns] more rows
      def concat(other)
        @arrays.each { |name, values| values.concat(other[name]) }
      end

      # @return [Columns] the first rows, which are no longer here
      def shift(count)
        self.class.new(@arrays.transform_values { |values| values.shift(count) })
      end

      # @return [Columns] the last rows
      def last(count)
        self.class.new(@arrays.transform_values { |values| values.last(count) })
      end

      # @param names [Hash{Symbol => Symbol}]
      # @return [Columns] the same under other names
      def rename(names)
        self.class.new(@arrays.transform_keys(names))
      end

      # @return [Array<Hash>]
      def to_rows
        names = @arrays.keys
        @arrays.values.transpose.map { |values| names.zip(values).to_h }
      end
    end
  end
end
