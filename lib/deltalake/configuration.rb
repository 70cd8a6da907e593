# frozen_string_literal: true

module DeltaLake
  # What holds for the whole process; see {DeltaLake.configure}.
  class Configuration
    # @return [Logger, nil] told of every commit, at level info; none by default
    attr_reader :logger
    # @return [Integer, nil] threads that decode and encode; nil for one a processor, and four at most
    attr_reader :threads

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
      raise TypeError, "threads must be an Integer, got #{count.class}" unless count.is_a?(Integer)
      raise ArgumentError, "threads must be at least 1, got #{count}" unless count.positive?

      Native.configure_threads(count)
      @threads = count
    end
  end
end
