# frozen_string_literal: true

module DeltaLake
  class Append
    # Rows that are Hashes.
    # @api private
    class Hashes
      # Rows that are converted at once.
      CHUNK = 1_000

      def initialize(rows)
        @rows = enumerable(rows)
      end

      # @return [Boolean] whether there is nothing, as far as that is known without asking for a row
      def empty?
        @rows.is_a?(Array) && @rows.empty?
      end

      # @param native [Native::Append]
      # @param append [Append]
      def push_to(native, append)
        @native = native
        @append = append
        index = 0
        chunks do |chunk|
          push(chunk, index)
          index += chunk.size
        end
      end

      private

      # Slices of an Array share its memory.
      def chunks(&block)
        return @rows.each_slice(CHUNK, &block) unless @rows.is_a?(Array)

        0.step(@rows.size - 1, CHUNK) { |from| yield @rows[from, CHUNK] }
      end

      def push(chunk, index)
        @native.push(chunk, index)
        @append.took(chunk.size)
      rescue SchemaMismatchError, ConstraintViolationError => e
        retry if e.is_a?(SchemaMismatchError) && add_columns(chunk)
        raise unless @append.skips_bad_rows?

        chunk.each_with_index { |row, i| push_row(row, index + i) }
      end

      # False where the rows have nothing that the table lacks.
      def add_columns(chunk)
        return false unless @append.adds_columns?

        found = Schema::Evolution.new(Schema.from_json(@native.schema_json)).found_in(chunk)
        !found.nil? && @native.add_columns(found.to_json)
      end

      # A push takes all of its rows or none, so the rows of a refused chunk can come again one by one.
      def push_row(row, index)
        @native.push([row], index)
        @append.took(1)
      rescue SchemaMismatchError, ConstraintViolationError => e
        @append.skip(row, e)
      end

      def enumerable(rows)
        case rows
        when Hash then raise TypeError, "rows is a Hash: put a single row into an Array, as in append([row])"
        when Array, Enumerable then rows
        else
          return rows.to_enum(:each) if rows.respond_to?(:each)

          raise TypeError, "rows must be an Array or an Enumerable of Hashes, got #{rows.class}"
        end
      end
    end
  end
end
