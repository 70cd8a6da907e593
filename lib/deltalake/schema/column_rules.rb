# frozen_string_literal: true

module DeltaLake
  class Schema
    # What a column gives to rows that do not give it, as field metadata of the Delta protocol.
    # @api private
    module ColumnRules
      # Where an identity begins, and how it goes on, unless somebody says.
      IDENTITY = { start: 1, step: 1, allow_explicit: false }.freeze

      class << self
        # @param name [Symbol, String] the column, for messages
        # @return [Hash{String => Object}]
        def metadata(name, generated: nil, default: nil, identity: nil)
          given = { generated: generated, default: default, identity: identity }.compact
          raise ArgumentError, "column #{name}: #{given.keys.join(' and ')} exclude each other" if given.size > 1

          metadata = {}
          metadata["delta.generationExpression"] = sql(name, :generated, generated) unless generated.nil?
          metadata["CURRENT_DEFAULT"] = default(name, default) unless default.nil?
          metadata.merge(identity ? identity(name, identity) : {})
        end

        # @return [String] SQL text
        def default(name, value)
          case value
          when Integer, true, false then value.to_s
          else sql(name, :default, value)
          end
        end

        private

        def sql(name, option, text)
          return text if text.is_a?(String) && !text.strip.empty?

          raise TypeError, "column #{name}: #{option} must be SQL text, got #{text.inspect}"
        end

        def identity(name, options)
          options = {} if options == true
          unless options.is_a?(Hash) && (options.keys - IDENTITY.keys).empty?
            raise ArgumentError, "column #{name}: identity is true, or a Hash of #{IDENTITY.keys.join(', ')}"
          end

          start, step, explicit = IDENTITY.merge(options).values_at(:start, :step, :allow_explicit)
          unless start.is_a?(Integer) && step.is_a?(Integer) && [true, false].include?(explicit)
            raise TypeError, "column #{name}: start and step are Integers, allow_explicit is true or false"
          end

          { "delta.identity.start" => start, "delta.identity.step" => step,
            "delta.identity.allowExplicitInsert" => explicit }
        end
      end
    end
  end
end
