# frozen_string_literal: true

require "json"
require_relative "../value"

module DeltaLake
  class Sync
    # How far a target is: the version of the table whose rows it has, and, while a run is under way, what that run is
    # to reach and how far it is. The target keeps it as JSON. Frozen.
    # @api private
    class Cursor
      include Value

      # Of the JSON that this version of the library writes, and reads.
      FORMAT = 1
      NAMES = %i[table version commit schema options pending run].freeze
      private_constant :NAMES

      # @param text [String]
      # @return [Cursor]
      # @raise [ConfigurationError] where the text is no cursor of this version of the library
      def self.load(text)
        data = JSON.parse(text)
        unless data.is_a?(Hash) && data["format"] == FORMAT
          raise ConfigurationError, "the cursor that the target keeps is not of format #{FORMAT}, which this version " \
                                    "of deltalake reads"
        end

        new(**NAMES.to_h { |name| [name, data[name.to_s]] })
      rescue JSON::ParserError
        raise ConfigurationError, "the cursor that the target keeps is no JSON: #{text[0, 80].inspect}"
      end

      # @return [String] id of the table
      attr_reader :table
      # @return [Integer, nil] the version that the target has; nil before the first one is complete
      attr_reader :version
      # @return [String, nil] what tells that version's commit from another one of the same number
      attr_reader :commit
      # @return [String] names and types of the selected columns
      attr_reader :schema
      # @return [String] digest of the options that say what the target is to have
      attr_reader :options
      # @return [Hash{String => Object}, nil] `"mode"`, `"to"`, and where the run is
      attr_reader :pending
      # @return [String] of the run that wrote it last: no two write the same text
      attr_reader :run

      def initialize(table:, version:, commit:, schema:, options:, pending:, run:)
        @table = table
        @version = version
        @commit = commit
        @schema = schema
        @options = options
        @pending = pending&.freeze
        @run = run
        freeze
      end

      # @return [Integer] the highest version that the target has rows of
      def furthest
        [version, pending&.fetch("to")].compact.max
      end

      # @param snapshot [Snapshot]
      # @return [Boolean] whether the target has rows of another table or of a later version
      def beyond?(snapshot)
        table != snapshot.id || furthest > snapshot.version
      end

      # @return [Cursor] with those attributes
      def with(**changes)
        self.class.new(**to_h, **changes)
      end

      # @return [Cursor] the same version, with the run a little further
      def at(**position)
        with(pending: pending.slice("mode", "to", "commit").merge(position.transform_keys(&:to_s)))
      end

      # @return [Cursor] with the run at its end
      def reached
        with(version: pending["to"], commit: pending["commit"], pending: nil)
      end

      # @return [String]
      def to_json(*)
        JSON.generate({ format: FORMAT, **to_h })
      end
    end
  end
end
