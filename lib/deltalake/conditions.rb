# frozen_string_literal: true

require "set"

module DeltaLake
  # The Hash or the SQL text that {Scan#where} takes, as the conditions that native scans take.
  # @api private
  module Conditions
    class << self
      # @param conditions [Hash, String]
      # @return [Array<Array>] all of which a row must meet
      def from(conditions)
        case conditions
        when Hash then fields(conditions, [])
        when String then [["sql", text(conditions)]]
        else raise TypeError, "where takes a Hash of columns and values, or SQL text, got #{conditions.class}"
        end
      end

      private

      # Of the struct at `path`, or of the table.
      def fields(hash, path)
        hash.flat_map { |name, value| column(value, path + [name(name)]) }
      end

      def text(sql)
        utf8 = Arguments.utf8("the SQL text that where takes", sql)
        raise ArgumentError, "where takes SQL text, and this is blank" if utf8.strip.empty?

        utf8
      end

      def name(name)
        return Arguments.utf8("a name that where takes", name.to_s) if name.is_a?(Symbol) || name.is_a?(String)

        raise TypeError, "where takes Symbols or Strings as names of columns, got #{name.class}"
      end

      def column(value, path)
        case value
        when nil then [["null", path]]
        when Range then range(value, path)
        when Array, Set then [any(value.to_a, path)]
        when Hash then struct(value, path)
        else [["=", path, value]]
        end
      end

      def struct(value, path)
        return fields(value, path) unless value.empty?

        raise ArgumentError, "where has no fields for #{path.join('.')}: its Hash is empty"
      end

      def range(range, path)
        conditions = []
        conditions << [">=", path, range.begin] unless range.begin.nil?
        conditions << [range.exclude_end? ? "<" : "<=", path, range.end] unless range.end.nil?
        conditions
      end

      # Values of their own stay one IN; nil and ranges stand beside it.
      def any(values, path)
        others, plain = values.partition { |value| value.nil? || value.is_a?(Range) }
        choices = others.uniq.map { |value| ["and", column(value, path)] }
        choices.unshift(["in", path, plain]) unless plain.empty? && !choices.empty?
        choices.one? ? choices.first : ["or", choices]
      end
    end
  end
end
