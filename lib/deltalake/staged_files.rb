# frozen_string_literal: true

require "forwardable"

module DeltaLake
  # Rows in data files that are in no version of a table yet: {Table#commit} adds them, from any process. They go there
  # as JSON, which is what the arguments of a job are. The files stay where they are whatever becomes of this object;
  # those that nobody commits are left to vacuum. Frozen.
  #
  # @example
  #   json = table.stage(rows).to_json                                   # in each worker
  #   table.commit(all.map { |json| DeltaLake::StagedFiles.load(json) }) # once, all or nothing
  # @see Table#stage
  class StagedFiles
    # @param json [String] what {#to_json} has given, perhaps elsewhere
    # @return [StagedFiles]
    # @raise [ArgumentError] where the text is no such thing, or one of a later version of this library
    def self.load(json)
      raise TypeError, "staged files are loaded from a String of JSON, got #{json.class}" unless json.is_a?(String)

      new(Native::Staged.load(json))
    end

    # @return [Native::Staged]
    # @api private
    attr_reader :native

    # @param native [Native::Staged]
    # @api private
    def initialize(native)
      @native = native
      freeze
    end

    # @!method rows
    #   @return [Integer]
    # @!method files
    #   @return [Integer] data files
    # @!method bytes
    #   @return [Integer] of those files
    extend Forwardable
    def_delegators :native, :rows, :files, :bytes

    # The form that {.load} takes. It holds no options of the store.
    #
    # @return [String]
    def to_json(*)
      native.to_json
    end

    # @return [String]
    def inspect
      "#<#{self.class} rows=#{rows} files=#{files} bytes=#{bytes}>"
    end
  end
end
