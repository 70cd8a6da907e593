# frozen_string_literal: true

require "json"
require_relative "condition_json"
require_relative "rows"

module DeltaLake
  # Some of the files of a scan, to be read by any process: it goes there as JSON, which is what the arguments of a job
  # are. The tasks of a scan give its rows, each once, at the version that the scan was of, whatever has been written
  # since. Frozen.
  #
  # @example
  #   table.where(country: "FR").tasks.each { |task| ImportJob.perform_async(task.to_json) }
  #
  #   def perform(json)
  #     DeltaLake::ScanTask.load(json).each_batch { |rows| import(rows) }
  #   end
  # @see Scan#tasks
  class ScanTask
    include Rows

    # Of the JSON that this version of the library writes, and reads.
    FORMAT = 1

    # What is read, as events name it.
    Source = Struct.new(:uri, :version)
    private_constant :Source

    class << self
      # The task that {#to_json} has made, perhaps elsewhere.
      #
      # @param json [String]
      # @param storage [Hash{Symbol, String => Object}, Symbol] options of the store, such as credentials, or the name
      #   of a profile; the JSON has none
      # @return [ScanTask]
      # @raise [ArgumentError] where the text is no task, or one of a later version of this library
      # @raise [UnsupportedFeatureError] where reading the table needs a feature that this library lacks
      def load(json, storage: {})
        raise TypeError, "a task is loaded from a String of JSON, got #{json.class}" unless json.is_a?(String)

        Storage.check(storage)
        new(parse(json), json) { |table| Storage.table(table, storage) }
      end

      # @param scan [Native::Scan]
      # @param snapshot [Native::Snapshot] that it is of
      # @param options [Scan::Options] that it was made with
      # @return [Array<ScanTask>]
      # @api private
      def of(scan, snapshot, options, target_bytes, deadline)
        refuse_secrets(snapshot.uri)
        all = { "format" => FORMAT, "table" => snapshot.uri, "columns" => options.columns,
                "conditions" => ConditionJSON.dump(options.conditions) }
        scan.tasks(target_bytes, deadline).map do |read, bytes|
          data = all.merge("bytes" => bytes, "read" => JSON.parse(read))
          new(data, JSON.generate(data)) { snapshot }
        end
      end

      private

      def parse(json)
        data = JSON.parse(json)
        raise ArgumentError, "this JSON is no task of a scan" unless data.is_a?(Hash) && data.key?("format")
        return data if data["format"] == FORMAT

        raise ArgumentError, "this task of a scan is of format #{data['format'].inspect}, and #{FORMAT} can be read: " \
                             "it was made by another version of deltalake"
      rescue JSON::ParserError => e
        raise ArgumentError, "this is no JSON: #{e.message[0, 200]}"
      end

      def refuse_secrets(uri)
        return unless uri.match?(%r{\A[a-z][a-z0-9+.-]*://([^/@]*:[^/@]*@|[^?]*\?)}i)

        raise ArgumentError, "the table's address holds a password or a query, which may be a secret: give it as an " \
                             "option of the store, and tasks can be made"
      end
    end

    # @param data [Hash] the JSON, parsed
    # @param json [String] itself
    # @yieldparam table [String] the table's address
    # @yieldreturn [Native::Table, Native::Snapshot]
    # @api private
    def initialize(data, json)
      @json = json.dup.freeze
      @table, @version, @bytes = checked(data)
      files = yield(@table).task(JSON.generate(data["read"]))
      @native = files.scan(data["columns"], ConditionJSON.load(data["conditions"]), nil)
      freeze
    end

    # @return [Integer] of the table, that the rows are of
    attr_reader :version
    # @return [Integer] of the files, before they are read
    attr_reader :bytes

    # The form that {.load} takes. It names files and holds no options of the store.
    #
    # @return [String]
    def to_json(*)
      @json
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{Address.shown(@table)} version=#{version} bytes=#{bytes}>"
    end

    private

    def source
      Source.new(@table, @version)
    end

    def checked(data)
      table, columns, bytes, read = data.values_at("table", "columns", "bytes", "read")
      sound = table.is_a?(String) && bytes.is_a?(Integer) && read.is_a?(Hash) && read["version"].is_a?(Integer) &&
              (columns.nil? || (columns.is_a?(Array) && columns.all?(String)))
      raise ArgumentError, "this task of a scan lacks a part, or has one of another kind" unless sound

      [table, read["version"], bytes]
    end
  end
end
