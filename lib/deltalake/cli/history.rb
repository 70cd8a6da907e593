# frozen_string_literal: true

module DeltaLake
  module CLI
    # `deltalake history`
    # @api private
    class History < Command
      SUMMARY = "list the commits, newest first: version, time, operation, metrics and writer a line"

      private

      def define_options(parser)
        define_limit_option(parser, "commits")
        parser.on("--json", "a JSON object a line, as it stands in the log") { options[:json] = true }
      end

      def call(uri)
        table = open_table(uri)
        usage { table.history(limit: options[:limit]) }.each { |commit| print_commit(commit) }
      end

      def print_commit(commit)
        time = commit.timestamp.iso8601(3)
        return @stdout.puts(JSON.generate({ version: commit.version, time: }.merge(commit.raw))) if options[:json]

        metrics = commit.metrics.map { |name, value| "#{name}=#{value}" }.join(" ")
        fields(commit.version, time, commit.operation, metrics, commit.engine_info)
      end
    end
  end
end
