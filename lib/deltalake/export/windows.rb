# frozen_string_literal: true

module DeltaLake
  class Export
    # The rows of a relation in pieces, by the time at which they were last written. A piece ends with a moment and has
    # all rows of that moment, so that the moment alone says what was had. Moments are microseconds, the finest that
    # most databases have; finer ones count up to the next.
    # @api private
    class Windows
      # Types of columns that have moments.
      MOMENTS = %i[datetime timestamp timestamptz].freeze
      private_constant :MOMENTS

      # Some rows, and the moment that they go up to.
      Window = Struct.new(:rows, :last)

      class << self
        # @return [Integer] microseconds of the Unix epoch, rounded up
        def micros(time)
          (time.to_r * 1_000_000).ceil
        end

        # @return [Time] in UTC
        def time(micros)
          Time.at(micros / 1_000_000, micros % 1_000_000, :microsecond, in: "UTC")
        end
      end

      # @param relation [Class, ActiveRecord::Relation]
      # @param column [Symbol, String]
      # @param size [Integer] rows of a window, about
      def initialize(relation, column, size)
        unless relation.respond_to?(:in_batches) && relation.respond_to?(:pluck)
          raise TypeError, "an ActiveRecord model or relation is needed, got #{relation.class}"
        end

        @relation = relation.all
        @column = column.to_s
        @size = size
        check
      end

      # @param after [Integer, nil] microseconds that are not in the window any more; nil for the first of all
      # @param last [Integer] microseconds beyond which nothing is taken
      # @return [Window, nil] nil where there are no rows
      def next(after, last)
        return if after && after >= last

        boundary = boundary(between(after, last))
        return if boundary.nil?

        to = [self.class.micros(boundary), last].min
        Window.new(between(after, to), to)
      end

      private

      def check
        model = @relation.klass
        unless model.column_names.include?(@column)
          raise ArgumentError, "#{model.name || model.table_name} has no column #{@column}: name it with updated_at:"
        end

        check_type(model.type_for_attribute(@column).type)
        Append::Relation.new(@relation)
        return if @relation.limit_value.nil? && @relation.offset_value.nil? && @relation.group_values.empty? &&
                  !@relation.distinct_value

        raise ArgumentError, "an export takes conditions, and no limit, offset, group or distinct"
      end

      # A day or a text is no moment: what comes later with the same one would be left out.
      def check_type(type)
        return if MOMENTS.include?(type)

        raise ArgumentError, "the column #{@column} is a #{type}: an export goes by one that has date and time"
      end

      # As it is in the database now, whatever the job has asked before.
      def boundary(rest)
        @relation.klass.uncached do
          rest.reorder(@column => :asc).offset(@size - 1).limit(1).pluck(@column).first ||
            rest.reorder(@column => :desc).limit(1).pluck(@column).first
        end
      end

      def between(after, last)
        rows = @relation.where(moment.lteq(self.class.time(last)))
        after ? rows.where(moment.gt(self.class.time(after))) : rows
      end

      def moment
        @relation.klass.arel_table[@column]
      end
    end
  end
end
