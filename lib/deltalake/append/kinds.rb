# frozen_string_literal: true

require_relative "../conditions"

module DeltaLake
  class Append
    # Rows that are added.
    # @api private
    class Plain
      # @param group [Boolean] whether a commit may be shared with other appends of this process
      def initialize(group: false)
        @group = group
      end

      # @param native [Native::Append]
      def prepare(native)
        native.share if @group
      end

      # Whether nothing is to be done where there are no rows.
      def needs_rows?
        true
      end

      # @return [Hash{Symbol => Integer}]
      def metrics(_removed_files, _copied_rows)
        {}
      end
    end

    # Rows that take the place of others.
    # @api private
    class Overwriting
      # @param where [Hash, String, nil] what is replaced
      # @param dynamic [Boolean] whether that is the partitions of the new rows
      def initialize(where:, dynamic:)
        raise ArgumentError, "where and dynamic exclude each other: give one" if where && dynamic

        @conditions = where && Conditions.from(where)
        @shown = where.is_a?(String) ? where : where&.inspect
        @dynamic = dynamic ? true : false
      end

      # (see Plain#prepare)
      def prepare(native)
        native.replace(@conditions, @shown, @dynamic)
      end

      # (see Plain#needs_rows?)
      def needs_rows?
        @dynamic
      end

      # (see Plain#metrics)
      def metrics(removed_files, copied_rows)
        { removed_files:, copied_rows: }
      end
    end
  end
end
