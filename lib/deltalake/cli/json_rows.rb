# frozen_string_literal: true

require_relative "filter"
require_relative "json_value"
require_relative "progress"

module DeltaLake
  module CLI
    # Commands that write rows as JSON lines.
    # @api private
    module JSONRows
      private

      def define_row_options(parser)
        parser.on("--where CONDITION", "only rows for which COLUMN=VALUE holds, or !=, <, <=, >, >= in place of =;",
                  "may come several times; null stands for null, 'null' for the text;",
                  "a.b reaches into structs") do |text|
          (options[:where] ||= []) << text
        end
        parser.on("--sql CONDITION", "only rows for which this holds, in Spark's SQL; may come several times") do |text|
          (options[:sql] ||= []) << text
        end
        parser.on("--columns A,B", Array, "only these columns") { |names| options[:columns] = names }
        define_limit_option(parser, "rows")
        parser.separator("\nTimes are in ISO 8601 (with Z where they are instants), decimals text, bytes Base64,\n" \
                         "floats that JSON lacks \"NaN\", \"Infinity\" and \"-Infinity\".\n\n")
      end

      def narrowed(scan, schema)
        usage do
          scan = Filter.apply(scan, schema, options[:where], options[:sql])
          scan = scan.select(*options[:columns]) if options[:columns]
          options[:limit] ? scan.limit(options[:limit]) : scan
        end
      end

      def print_rows(scan)
        fields = scan.schema.fields
        Progress.show(@stderr, "rows") do |progress|
          scan.each_batch do |rows|
            @stdout.write(*rows.map { |row| "#{JSON.generate(JSONValue.dump_struct(row, fields))}\n" })
            progress.add(rows.size)
          end
        end
      end
    end
  end
end
