# frozen_string_literal: true

require_relative "json_rows"

module DeltaLake
  module CLI
    # `deltalake changes`
    # @api private
    class Changes < Command
      include JSONRows

      SUMMARY = "write the rows that changed as JSON, an object a line: with how, and by which version when"

      private

      def define_options(parser)
        parser.on("--from POINT", "the first version, or the time (ISO 8601) from which on; needed") do |text|
          options[:from] = point(text)
        end
        parser.on("--to POINT", "the last version, or the time up to which; the newest where left out") do |text|
          options[:to] = point(text)
        end
        define_row_options(parser)
      end

      def call(uri)
        raise UsageError, "changes needs --from" unless options.key?(:from)

        table = open_table(uri)
        changes = usage { table.changes(**options.slice(:from, :to)) }
        print_rows(narrowed(changes, changes.schema))
      end

      def point(text)
        text.match?(/\A\d+\z/) ? Integer(text, 10) : time(text)
      end
    end
  end
end
