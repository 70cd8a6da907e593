# frozen_string_literal: true

module DeltaLake
  # What goes to the configured logger. One that raises breaks nothing of what it is told of.
  # @api private
  module Log
    class << self
      # @yieldreturn [String] the line
      def info(&)
        write(:info, &)
      end

      # @yieldreturn [String] the line
      def error(&)
        logger = DeltaLake.configuration.logger
        write(logger.respond_to?(:error) ? :error : :info, &)
      end

      # What must be seen somewhere: on standard error, where there is no logger.
      #
      # @param text [String]
      def complain(text)
        DeltaLake.configuration.logger ? error { text } : warn("deltalake: #{text}")
      end

      private

      def write(level)
        DeltaLake.configuration.logger&.public_send(level) { "deltalake: #{yield}" }
      rescue StandardError => e
        warn "deltalake: the logger failed: #{e.message}"
      end
    end
  end
end
