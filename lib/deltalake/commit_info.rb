# frozen_string_literal: true

require "json"
require_relative "value"

module DeltaLake
  # Who made a version of a table, when and how, as far as the writer has told. Frozen.
  class CommitInfo
    include Value

    # @return [Integer]
    attr_reader :version
    # @return [Time] in UTC; the time that `at` and `changes` go by: that of the commit's file, or the one inside it
    #   where the table keeps in-commit timestamps. The writer's own clock is in {#raw}
    attr_reader :timestamp
    # @return [String, nil] such as `"WRITE"`
    attr_reader :operation
    # @return [Hash{String => Object}] of the operation
    attr_reader :parameters
    # @return [Hash{String => Object}] of the operation; numbers that stand as text in the log are Integers here
    attr_reader :metrics
    # @return [String, nil] the library that wrote it
    attr_reader :engine_info
    # @return [Integer, nil] the version that the writer had read
    attr_reader :read_version
    # @return [String, nil] id of this one commit
    attr_reader :txn_id
    # @return [Hash{String => Object}, String, nil] what `append` was given as `metadata:`, or other writers' text
    attr_reader :user_metadata
    # @return [Hash{String => Object}] the `commitInfo` action as it stands in the log
    attr_reader :raw

    # @param json [String, nil] the `commitInfo` action
    # @api private
    def initialize(version, timestamp_ms, json)
      @version = version
      @timestamp = Time.at(timestamp_ms / 1000, timestamp_ms % 1000, :millisecond, in: "UTC")
      @raw = object(json).freeze
      @operation, @engine_info, @read_version, @txn_id = @raw.values_at("operation", "engineInfo", "readVersion",
                                                                        "txnId")
      @parameters = hash_of("operationParameters")
      @metrics = hash_of("operationMetrics").transform_values { |value| number(value) }.freeze
      @user_metadata = parsed(@raw["userMetadata"])
      freeze
    end

    # @return [Boolean] whether the write added rows without reading any
    def blind_append?
      raw["isBlindAppend"] == true
    end

    private

    # Provenance is free-form: what is no object, or too deep for Ruby, says nothing.
    def object(json)
      value = json && JSON.parse(json)
      value.is_a?(Hash) ? value : {}
    rescue JSON::ParserError
      {}
    end

    def hash_of(key)
      value = raw[key]
      value.is_a?(Hash) ? value.freeze : {}.freeze
    end

    def number(value)
      value.is_a?(String) && value.match?(/\A-?\d+\z/) ? Integer(value, 10) : value
    end

    def parsed(text)
      value = text.is_a?(String) && text.start_with?("{") ? JSON.parse(text) : text
      value.freeze
    rescue JSON::ParserError
      text
    end

    def shown
      { version:, timestamp:, operation:, engine_info: }
    end
  end
end
