# frozen_string_literal: true

module DeltaLake
  module Instrumentation
    # What an instrumenter is told of: done once, and with an outcome of its own, whatever the instrumenter does around
    # it. What a subscriber raises after a commit must not look like a commit that failed: who does that again has the
    # rows twice.
    # @api private
    class Work
      # @return [Exception, nil] that has ended it
      attr_reader :error

      # @param body [Proc]
      def initialize(&body)
        @body = body
        @state = :waiting
      end

      # Does it, the first time.
      def call
        return @result unless @state == :waiting

        @state = :begun
        @result = @body.call
        @state = :done
        @result
      rescue Exception => e # rubocop:disable Lint/RescueException
        @error = e
        raise
      end

      # @return [Boolean] whether the instrumenter never asked for it
      def waiting?
        @state == :waiting
      end

      # @return [Boolean] whether a `break` or a `throw` is on its way out of it: nobody can begin that again
      def left?
        @state == :begun && @error.nil?
      end

      # @return [Object] what it gave
      # @raise [Exception] what ended it
      def outcome
        raise @error, cause: @error.cause if @error

        @result
      end
    end
  end
end
