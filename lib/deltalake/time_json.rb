# frozen_string_literal: true

require "date"

module DeltaLake
  # Times as what JSON can hold, in their own zone and to the nanosecond, and back.
  # @api private
  module TimeJSON
    class << self
      # @param value [Object]
      # @return [Array(Integer, Integer, Integer), nil] seconds, nanoseconds and offset; nil where it is no time
      def dump(value)
        moment = value.is_a?(Time) || !value.respond_to?(:to_time) ? value : value.to_time
        return unless moment.is_a?(Time)

        # Of the value itself: `to_time` may have moved to the system's zone.
        offset = (value.respond_to?(:utc_offset) ? value : moment).utc_offset
        [moment.to_i, moment.nsec, offset]
      end

      # @return [Time]
      def load(seconds, nanoseconds, offset)
        Time.at(Integer(seconds), Integer(nanoseconds), :nsec, in: Integer(offset))
      end

      # The day that a Date shows: before 1582 it is in the Julian calendar, and columns are in the Gregorian one.
      #
      # @param value [Date]
      # @return [Integer] Julian day number
      def dump_date(value)
        value = Date.new(value.year, value.month, value.mday, Date::GREGORIAN) if value.julian?
        value.jd
      rescue Date::Error
        raise TypeError, "#{value.strftime("%F")} is no day of the Gregorian calendar"
      end

      # @return [Date]
      def load_date(day)
        Date.jd(Integer(day), Date::GREGORIAN)
      end

      # @param value [DateTime]
      # @return [Array(Integer, String, String)] day, and fractions of a day: what has passed of it, and the offset
      def dump_date_time(value)
        [dump_date(value), value.day_fraction.to_s, value.offset.to_s]
      end

      # @return [DateTime]
      def load_date_time(day, fraction, offset)
        DateTime.jd(Integer(day), 0, 0, 0, Rational(offset), Date::GREGORIAN) + Rational(fraction)
      end
    end
  end
end
