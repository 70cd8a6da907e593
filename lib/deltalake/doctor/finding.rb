# frozen_string_literal: true

require_relative "../value"

module DeltaLake
  class Doctor
    # What one look at a table has found. Frozen.
    class Finding
      include Value

      # What to do about errors, where they do not say it themselves.
      # @api private
      ADVICE = [
        [TableNotFoundError, "check the address; a table has a folder _delta_log"],
        [UnsupportedFeatureError, "use a newer version of this library, or drop the feature from the table"],
        [PermissionDeniedError, "check the credentials, and what they may do in this place"],
        [StorageUnavailableError, "the store is not well just now: try again"],
        [DeadlineExceededError, "give it more time"],
        [CorruptTableError, "restore the table from a copy, or an older version: DeltaLake.open(uri, version: ...)"]
      ].freeze

      # @return [Symbol] what was looked at: `:log`, `:clock`, `:store`, `:table`, `:protocol`, `:files`, `:checkpoint`,
      #   `:folder`
      attr_reader :check
      # @return [Symbol] `:ok`, `:advice` for what may be better, `:problem` for what is wrong
      attr_reader :level
      # @return [String] what is the case
      attr_reader :message
      # @return [String, nil] what to do
      attr_reader :advice
      # @return [Hash{Symbol => Object}] figures
      attr_reader :figures

      # @api private
      def initialize(check, level, message, advice = nil, **figures)
        @check = check
        @level = level
        @message = message
        @advice = advice
        @figures = figures.freeze
        freeze
      end

      # @return [Boolean]
      def problem?
        level == :problem
      end

      # (see Value#to_h)
      def to_h
        { check:, level:, message:, advice:, figures: }
      end

      private

      def shown
        { check:, level:, message: }
      end
    end
  end
end
