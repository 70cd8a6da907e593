# frozen_string_literal: true

require "date"
require "json"

module DeltaLake
  # Checks what callers pass, and brings it into the one form that the native classes take.
  # @api private
  module Arguments
    # Largest version that a table can have.
    MAX_LONG = (2**63) - 1

    class << self
      # @return [String]
      def uri(value)
        text = value.respond_to?(:to_path) ? value.to_path : value
        text = text.to_s if defined?(URI::Generic) && text.is_a?(URI::Generic)
        unless text.is_a?(String)
          raise TypeError,
                "the table's address must be a String or a Pathname, got #{value.class}"
        end
        text = utf8("the table's address", text)
        raise ArgumentError, "the table's address is empty" if text.strip.empty?

        text
      end

      # Under `LC_ALL=C`, what comes from ARGV and ENV is UTF-8 that Ruby does not call so.
      #
      # @return [String]
      def utf8(option, text)
        unnamed = [Encoding::BINARY, Encoding::US_ASCII].include?(text.encoding)
        utf8 = unnamed ? text.dup.force_encoding(Encoding::UTF_8) : text.encode(Encoding::UTF_8)
        return utf8 if utf8.valid_encoding?

        raise ArgumentError, "#{option} is not UTF-8"
      rescue EncodingError
        raise ArgumentError, "#{option} is not UTF-8"
      end

      # @return [Hash{String => String}]
      def string_hash(option, value)
        raise TypeError, "#{option} must be a Hash, got #{value.class}" unless value.is_a?(Hash)

        value.to_h { |key, item| [string_key(option, key), string_value(option, key, item)] }
      end

      # @return [String, nil]
      def text(option, value)
        return value if value.nil?
        return utf8(option, value) if value.is_a?(String)

        raise TypeError, "#{option} must be a String, got #{value.class}"
      end

      # @return [Array<String>]
      def names(option, value)
        [value].flatten(1).map do |name|
          next utf8("a name that #{option} takes", name.to_s) if name.is_a?(Symbol) || name.is_a?(String)

          raise TypeError, "#{option} takes names of columns as Symbols or Strings, got #{name.class}"
        end
      end

      # @return [Schema]
      def schema(value)
        case value
        when Schema then value
        when Hash then Schema.from(value)
        else raise TypeError, "schema must be a DeltaLake::Schema or a Hash, got #{value.class}"
        end
      end

      # @return [Float, nil]
      def deadline(value)
        return nil if value.nil?
        raise TypeError, "deadline must be a number of seconds, got #{value.class}" unless value.is_a?(Numeric)

        seconds = value.to_f
        return seconds if seconds.positive? && seconds.finite?

        raise ArgumentError, "deadline must be more than 0 seconds and finite, got #{value}"
      end

      # @return [Array(Integer, nil), Array(nil, Integer), Array(nil, nil)] version, and milliseconds of the Unix epoch
      def point_in_time(version, at)
        raise ArgumentError, "version and at exclude each other: give one" unless version.nil? || at.nil?

        [version && whole(:version, version), at && milliseconds(at)]
      end

      # One end of a range of versions.
      #
      # @return [Array(Integer, nil), Array(nil, Integer)] version, and milliseconds of the Unix epoch
      def point(option, value)
        return [whole(option, value), nil] if value.is_a?(Integer)

        [nil, (moment(option, value, "an Integer or a Time").to_r * 1000).public_send(option == :from ? :ceil : :floor)]
      end

      # @return [Integer] not negative
      def whole(option, value)
        raise TypeError, "#{option} must be an Integer, got #{value.class}" unless value.is_a?(Integer)
        return value if value.between?(0, MAX_LONG)

        raise ArgumentError, "#{option} must be from 0 to #{MAX_LONG}, got #{value}"
      end

      # @return [Integer] 1 or more
      def positive(option, value)
        return value if whole(option, value).positive?

        raise ArgumentError, "#{option} must be at least 1, got 0"
      end

      # @return [Object] the value
      def one_of(option, value, choices)
        return value if choices.include?(value)

        raise ArgumentError, "#{option} must be #{choices.map(&:inspect).join(' or ')}, got #{value.inspect}"
      end

      private

      def string_key(option, key)
        return utf8("a key of #{option}", key.to_s) if key.is_a?(Symbol) || key.is_a?(String)

        raise TypeError, "#{option} takes Symbols or Strings as keys, got #{key.class}"
      end

      # A value may be a secret: no message shows it.
      def string_value(option, key, value)
        case value
        when String, Symbol, Numeric, true, false then utf8("a value of #{option}", value.to_s)
        when nil then raise ArgumentError, "#{option} has no value for #{key.inspect}: it is nil"
        else raise TypeError, "#{option} takes text, numbers and true or false, got #{value.class} for #{key.inspect}"
        end
      end

      # Rounded down: a commit of this very millisecond is in.
      def milliseconds(at)
        (moment(:at, at, "a Time").to_r * 1000).floor
      end

      def moment(option, value, wanted)
        is_like_time = value.respond_to?(:acts_like_time?) && value.acts_like_time?
        time = value.is_a?(DateTime) || is_like_time ? value.to_time : value
        raise TypeError, "#{option} must be #{wanted}, got #{value.class}" unless time.is_a?(Time)

        time
      end
    end
  end
end
