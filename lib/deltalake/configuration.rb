# frozen_string_literal: true

module DeltaLake
  # What holds for the whole process; see {DeltaLake.configure}.
  class Configuration
    # @return [Logger, nil] told of every commit, at level info; none by default
    attr_reader :logger
    # @return [Integer, nil] threads that decode and encode; nil for one a processor, and four at most
    attr_reader :threads
    # @return [Integer] bytes of snapshots that {DeltaLake.open} keeps, about: a table that is opened again costs one
    #   listing of its log. 0 keeps none; 64 MiB by default
    attr_reader :cache_bytes
    # @return [Integer] bytes of encoded data that one scan reads ahead, at most, where a single part is not larger;
    #   256 MiB by default
    attr_reader :bytes_in_flight

    # @api private
    def initialize
      @cache_bytes = 64 << 20
      @bytes_in_flight = 256 << 20
    end

    # @param logger [Logger, nil] anything that has `info`
    # @raise [TypeError] where it has not
    def logger=(logger)
      unless logger.nil? || logger.respond_to?(:info)
        raise TypeError,
              "logger must have an `info` method, got #{logger.class}"
      end

      @logger = logger
    end

    # @param count [Integer] at least 1
    # @raise [ConfigurationError] where the threads run already with another number
    def threads=(count)
      whole(:threads, count, least: 1)
      Native.configure_threads(count)
      @threads = count
    end

    # @param bytes [Integer] 0 turns the cache off
    def cache_bytes=(bytes)
      whole(:cache_bytes, bytes, least: 0)
      Native.configure_cache_bytes(bytes)
      @cache_bytes = bytes
    end

    # @param bytes [Integer] at least 1; holds for scans that begin afterwards
    def bytes_in_flight=(bytes)
      whole(:bytes_in_flight, bytes, least: 1)
      Native.configure_bytes_in_flight(bytes)
      @bytes_in_flight = bytes
    end

    private

    def whole(name, number, least:)
      raise TypeError, "#{name} must be an Integer, got #{number.class}" unless number.is_a?(Integer)
      raise ArgumentError, "#{name} must be at least #{least}, got #{number}" unless number >= least
    end
  end
end
