# frozen_string_literal: true

require_relative "json_rows"

module DeltaLake
  module CLI
    # `deltalake cat`
    # @api private
    class Cat < Command
      include JSONRows

      SUMMARY = "write rows as JSON, an object a line"

      private

      def define_options(parser)
        define_time_options(parser)
        define_row_options(parser)
      end

      def call(uri)
        table = open_table(uri)
        print_rows(narrowed(table.scan, table.schema))
      end
    end
  end
end
