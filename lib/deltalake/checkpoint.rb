# frozen_string_literal: true

require_relative "value"

module DeltaLake
  # What {Table#checkpoint} has done. Frozen.
  class Checkpoint
    include Value

    # @return [Integer] the version that has the checkpoint
    attr_reader :version
    # @return [Integer, nil] live files of that version; nil where nothing was written
    attr_reader :files
    # @return [Integer, nil] actions in the checkpoint
    attr_reader :actions
    # @return [Integer, nil] bytes of the checkpoint
    attr_reader :bytes
    # @return [Float] seconds that the call took
    attr_reader :duration

    # @api private
    def initialize(version:, files:, actions:, bytes:, duration:)
      @version = version
      @files = files
      @actions = actions
      @bytes = bytes
      @duration = duration
      freeze
    end

    # @return [Boolean] whether the version had a checkpoint already, so that nothing was written
    def skipped?
      @files.nil?
    end
  end
end
