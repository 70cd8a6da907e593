# frozen_string_literal: true

require_relative "../doctor"

module DeltaLake
  module CLI
    # `deltalake doctor`
    # @api private
    class Doctor < Command
      SUMMARY = "look for what is wrong with a table, and say what to do; ends with 1 where something is"

      private

      def define_options(parser)
        parser.on("--json", "all that was found, with its figures, as one JSON object") { options[:json] = true }
        parser.on("--most N", Integer, "objects of the table's folder to look at (#{DeltaLake::Doctor::MOST_OBJECTS});",
                  "0 leaves out the search for files that belong to no version") { |most| options[:most] = most }
        parser.on("--deadline SECONDS", Float, "most seconds for each of the checks") do |seconds|
          options[:deadline] = seconds
        end
        parser.separator("\nThe table is left as it is. Whether its store keeps to conditional puts is asked as\n" \
                         "before a commit: by an object _delta_log/.conditional-put, where the store has an\n" \
                         "endpoint of its own.\n\n")
      end

      def call(uri)
        report = doctor(uri).examine
        @stdout.puts(options[:json] ? report.to_json : report.to_s)
        :error unless report.healthy?
      end

      def doctor(uri)
        usage(ConfigurationError) do
          DeltaLake::Doctor.new(uri, storage: options[:storage], deadline: options[:deadline],
                                     most_objects: options[:most] || DeltaLake::Doctor::MOST_OBJECTS)
        end
      end
    end
  end
end
