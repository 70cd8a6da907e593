# frozen_string_literal: true

module DeltaLake
  class Append
    # Rows of an object with `arrow_c_stream`.
    # @api private
    class Arrow
      # Rows that are converted at once.
      CHUNK = 8_192

      # @param object [#arrow_c_stream]
      def initialize(object)
        @object = object
      end

      # @return [Boolean]
      def empty?
        false
      end

      # @param native [Native::Append]
      # @param append [Append]
      def push_to(native, append)
        @native = native
        @append = append
        # Kept until its struct is taken.
        stream = @object.arrow_c_stream
        source = Native::ArrowSource.take(address(stream))
        push_all(source)
      ensure
        source&.close
      end

      private

      def address(stream)
        raise TypeError, "arrow_c_stream gave #{stream.class}, which has no to_i" unless stream.respond_to?(:to_i)

        stream.to_i
      end

      def push_all(source)
        aside { @native.open_arrow(source) }
        index = 0
        while (batch = aside { source.next })
          0.step(batch.rows - 1, CHUNK) { |from| push(batch, from, [CHUNK, batch.rows - from].min, index) }
          index += batch.rows
          batch.close
        end
      ensure
        batch&.close
      end

      # A producer may keep its caller waiting, and is not to be interrupted. So another thread of Ruby's calls it, on
      # which it may even ask for Ruby's lock, and which is left behind where this one has to go.
      def aside(&block)
        thread = Thread.new(&block)
        thread.report_on_exception = false
        # Raises at the deadline.
        @append.seconds_left until thread.join(@append.seconds_left)
        thread.value
      ensure
        thread&.kill
      end

      # Takes `count` rows of the batch, the first of which is number `first` of all.
      def push(batch, from, count, first)
        @native.push_arrow(batch, from, count, first + from)
        @append.took(count)
      rescue SchemaMismatchError, ConstraintViolationError => e
        raise unless @append.skips_bad_rows?
        return @append.skip(batch.row(from), e) if count == 1

        half = count / 2
        push(batch, from, half, first)
        push(batch, from + half, count - half, first)
      end
    end
  end
end
