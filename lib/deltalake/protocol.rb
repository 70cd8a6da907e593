# frozen_string_literal: true

require_relative "value"

module DeltaLake
  # What a reader and a writer of a table must know. Frozen.
  class Protocol
    include Value

    # @return [Integer]
    attr_reader :min_reader_version
    # @return [Integer]
    attr_reader :min_writer_version
    # @return [Array<String>] table features that readers must know; empty below reader version 3
    attr_reader :reader_features
    # @return [Array<String>] table features that writers must know; empty below writer version 7
    attr_reader :writer_features

    # @api private
    def initialize(min_reader_version, min_writer_version, reader_features, writer_features)
      @min_reader_version = min_reader_version
      @min_writer_version = min_writer_version
      @reader_features = (reader_features || []).freeze
      @writer_features = (writer_features || []).freeze
      freeze
    end
  end
end
