# frozen_string_literal: true

module DeltaLake
  class Sync
    # What a row of the table is called, and made into, in the target.
    # @api private
    class Mapping
      # @param columns [Hash{Symbol => Symbol}] names in the target, where they are others
      # @param block [Proc, nil] called with each row under those names; nil of it means: not in the target
      def initialize(columns, block)
        raise TypeError, "columns must be a Hash, got #{columns.class}" unless columns.is_a?(Hash)

        @columns = columns.to_h { |name, other| [name.to_sym, other.to_sym] }.freeze
        @block = block
        freeze
      end

      # @return [Hash{Symbol => Symbol}]
      attr_reader :columns

      # @return [Boolean] whether the rows' columns are not those of the table
      def free?
        !@block.nil?
      end

      # @return [Symbol]
      def name(column)
        columns.fetch(column, column)
      end

      # @param names [Array<Symbol>] of the rows' columns
      # @raise [ArgumentError] where the target would not get what was meant
      def check(names)
        unknown = columns.keys - names
        unless unknown.empty?
          raise ArgumentError, "columns names #{unknown.join(', ')}, and the sync has no such columns: it has " \
                               "#{names.join(', ')}"
        end

        name, same = names.group_by { |column| name(column) }.find { |_, some| some.size > 1 }
        return unless name

        raise ArgumentError, "columns gives #{same.join(' and ')} the same name in the target, #{name}: name one of " \
                             "them otherwise, or leave it out with select:"
      end

      # @param row [Hash]
      # @return [Hash, nil]
      def call(row)
        row = row.transform_keys(columns) unless columns.empty?
        @block ? @block.call(row) : row
      end
    end
  end
end
