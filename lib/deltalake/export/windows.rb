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
        # @return [Integer] microseconds of the Unix epoch, rounded up. Transactions count from 0: all that is earlier,
        #   and PostgreSQL's -infinity, is one moment
        def micros(time)
          return 0 if time.is_a?(Float)

          [(time.to_r * 1_000_000).ceil, 0].max
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
      # @raise [ConfigurationError] where SQLite has the last moment in a form that it does not compare
      def next(after, last)
        return if after && after >= last

        boundary, text = boundary(between(after, last))
        return if boundary.nil? && text.nil?

        to = boundary && [self.class.micros(boundary), last].min
        refuse(text) unless text.nil? || (to && text < text_after(to))
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
      #
      # @return [Array(Object, String), Array(Object), nil] a moment, and how SQLite has it
      def boundary(rest)
        columns = [@column]
        columns << moment_as_text if sqlite?
        @relation.klass.uncached do
          found = rest.reorder(@column => :asc).offset(@size - 1).limit(1).pluck(*columns).first ||
                  rest.reorder(@column => :desc).limit(1).pluck(*columns).first
          sqlite? ? found : [found]
        end
      end

      def sqlite?
        @relation.klass.connection.adapter_name == "SQLite"
      end

      # It has times as text and compares them as that.
      def moment_as_text
        Arel::Nodes::NamedFunction.new("CAST", [moment.as("TEXT")])
      end

      # What is later than a moment, whatever zeros its fraction ends with.
      def text_after(micros)
        @relation.klass.connection.quoted_date(self.class.time(micros + 1))
      end

      def refuse(text)
        model = @relation.klass
        raise ConfigurationError, "#{model.table_name} has a row with #{text.inspect} in #{@column}, which SQLite " \
                                  "does not find in the order of time: it compares text, and ActiveRecord's is like " \
                                  "#{model.connection.quoted_date(Time.now.utc).inspect}. Set #{@column} of such " \
                                  "rows to now, in that form, as touch_all does"
      end

      def between(after, last)
        return between_texts(after, last) if sqlite?

        rows = @relation.where(moment.lteq(self.class.time(last)))
        after ? rows.where(moment.gt(self.class.time(after))) : rows
      end

      def between_texts(after, last)
        rows = @relation.where(moment.lt(quoted(text_after(last))))
        after ? rows.where(moment.gteq(quoted(text_after(after)))) : rows
      end

      # As it is, and not to the digits that the column has.
      def quoted(text)
        Arel.sql(@relation.klass.connection.quote(text))
      end

      def moment
        @relation.klass.arel_table[@column]
      end
    end
  end
end
