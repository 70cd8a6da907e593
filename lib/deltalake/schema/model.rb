# frozen_string_literal: true

module DeltaLake
  # See `deltalake/active_record`.
  class Schema
    # Types of the columns of an ActiveRecord model.
    # @api private
    class Model
      # Names of ActiveRecord's types and what they become; text where there is none.
      TYPES = { boolean: "boolean", float: "double", date: "date", datetime: "timestamp", timestamp: "timestamp",
                timestamptz: "timestamp", binary: "binary" }.freeze
      # Integers by their bytes.
      INTEGERS = { 1 => "byte", 2 => "short", 3 => "integer", 4 => "integer" }.freeze
      # Those of MySQL that have no negative ones and go twice as far.
      UNSIGNED = INTEGERS.merge(1 => "short", 2 => "integer", 4 => "long").freeze
      # Decimals of which the database bounds nothing.
      UNBOUNDED = [38, 18].freeze
      private_constant :TYPES, :INTEGERS, :UNSIGNED, :UNBOUNDED

      # @param model [Class]
      # @param only [Array<Symbol, String>, nil]
      # @param except [Array<Symbol, String>]
      def initialize(model, only: nil, except: [])
        unless model.respond_to?(:columns) && model.respond_to?(:defined_enums)
          raise TypeError, "an ActiveRecord model is needed, got #{model.inspect}"
        end

        @model = model
        @only = only.nil? ? model.column_names : existing(:only, only)
        @except = existing(:except, except)
      end

      # @return [Array<Field>]
      def fields
        wanted = @model.columns.select { |column| @only.include?(column.name) && !@except.include?(column.name) }
        raise ArgumentError, "no column of #{@model} is left for the schema" if wanted.empty?

        wanted.map { |column| Field.new(column.name.to_sym, type(column), null: column.null) }
      end

      private

      def existing(option, given)
        names = Arguments.names(option, given)
        unknown = names - @model.column_names
        return names if unknown.empty?

        raise ArgumentError, "#{option}: #{@model} has no column #{unknown.join(', ')}; it has " \
                             "#{@model.column_names.join(', ')}"
      end

      def type(column)
        return PrimitiveType.new("string") if @model.defined_enums.key?(column.name)

        declared = declared(column)
        inner = inner(declared)
        declared.respond_to?(:array) && declared.array ? ArrayType.new(inner) : inner
      rescue ArgumentError => e
        raise ArgumentError, "#{@model}, column #{column.name}: #{e.message}; leave it out with except:"
      end

      # The column, which knows more of a database's type; or what the model has instead, as by `attribute`.
      def declared(column)
        type = @model.type_for_attribute(column.name)
        type.type.nil? || type.type == column.type ? column : type
      end

      def inner(column)
        case column.type
        when :integer, :bigint, :big_integer then integer(column)
        when :decimal then decimal(column)
        else PrimitiveType.new(TYPES.fetch(column.type, "string"))
        end
      end

      def integer(column)
        unsigned = column.respond_to?(:sql_type) && column.sql_type.to_s.match?(/\bunsigned\b/i)
        return DecimalType.new(20, 0) if unsigned && column.limit == 8

        PrimitiveType.new((unsigned ? UNSIGNED : INTEGERS).fetch(column.limit, "long"))
      end

      def decimal(column)
        return DecimalType.new(*UNBOUNDED) unless column.precision

        scale = column.scale || 0
        most = DecimalType::MAX_PRECISION
        return DecimalType.new(column.precision.clamp(scale, most), scale) if scale.between?(0, most)

        raise ArgumentError, "decimal(#{column.precision},#{scale}) has no type: there are 0 to #{most} digits " \
                             "after the point"
      end
    end

    class << self
      # The schema of a table for the rows of an ActiveRecord model. It comes with `require "deltalake/active_record"`.
      #
      # Enums and what Delta has no type for (JSON, times of day, UUIDs, addresses) become `string`; of a JSON column
      # every value is JSON then, a text in quotes. MySQL's unsigned integers become the next larger type,
      # `bigint unsigned` a `decimal(20,0)`. What the model declares (`attribute :code, :string`) goes before the
      # column's own type.
      #
      # @example
      #   DeltaLake::Schema.from_model(User, except: [:password_digest])
      # @param model [Class]
      # @param only [Array<Symbol, String>, nil] these columns, in the order of the model's table
      # @param except [Array<Symbol, String>] all but these
      # @return [Schema]
      # @raise [ArgumentError] where the model has no such column, or no type holds one
      def from_model(model, only: nil, except: [])
        new(Model.new(model, only:, except:).fields)
      end
    end
  end
end
