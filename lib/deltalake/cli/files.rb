# frozen_string_literal: true

require_relative "filter"
require_relative "json_value"

module DeltaLake
  module CLI
    # `deltalake files`
    # @api private
    class Files < Command
      SUMMARY = "list the data files: path, bytes, rows and partition values a line, with tabs between"

      private

      def define_options(parser)
        define_time_options(parser)
        parser.on("--where CONDITION", "only files that can hold such rows; as for `cat`") do |text|
          (options[:where] ||= []) << text
        end
        parser.on("--sql CONDITION", "only files that can hold such rows; as for `cat`") do |text|
          (options[:sql] ||= []) << text
        end
      end

      def call(uri)
        table = open_table(uri)
        columns = table.partition_by.map { |name| table.schema.field(name) }
        scan = usage { Filter.apply(table.scan, table.schema, options[:where], options[:sql]) }
        scan.files.each do |file|
          fields(file.path, file.size, file.rows, partition(columns, file))
        end
      end

      def partition(columns, file)
        return if columns.empty?

        JSON.generate(columns.to_h { |field| [field.name, JSONValue.dump(file.partition[field.name], field.type)] })
      end
    end
  end
end
