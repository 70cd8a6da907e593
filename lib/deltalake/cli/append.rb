# frozen_string_literal: true

require_relative "../gzip_file"
require_relative "json_value"
require_relative "lines"
require_relative "progress"

module DeltaLake
  module CLI
    # `deltalake append`
    # @api private
    class Append < Command
      ARGUMENTS = "TABLE FILE"
      SUMMARY = "add the rows of a file of JSON objects, one a line (.gz: compressed); - reads standard input"

      private

      def define_options(parser)
        parser.on("--once KEY", "add them only where the table has not seen this key") { |key| options[:once] = key }
        parser.separator("\nValues are as `cat` writes them. All rows are added, or none.\n\n")
      end

      def call(uri, file)
        table = open_table(uri)
        @stdout.puts(result(input(file) { |io| append(table, Lines.new(io)) }))
      end

      def append(table, lines)
        Progress.show(@stderr, "rows") do |progress|
          table.append(rows(lines, table.schema, progress), once: options[:once])
        end
      rescue SchemaMismatchError, ConstraintViolationError => e
        raise lines.placed(e)
      end

      def input(file)
        return yield(@stdin) if file == "-"
        return yield(GzipFile.new(file)) if file.end_with?(".gz")

        open_file(file).then do |io|
          yield io
        ensure
          io.close
        end
      end

      def open_file(file)
        File.open(file, "r:UTF-8")
      rescue SystemCallError => e
        raise Error, e.message
      end

      def rows(io, schema, progress)
        struct = DeltaLake::Schema::StructType.new(schema.fields)
        Enumerator.new do |rows|
          io.each_line.with_index(1) do |line, number|
            text = Arguments.utf8("line #{number}", line)
            next if text.strip.empty?

            rows << row(text, number, struct)
            progress.add(1)
          end
        end
      end

      def row(line, number, struct)
        value = JSON.parse(line, decimal_class: BigDecimal)
        raise Error, "line #{number} is not a JSON object" unless value.is_a?(Hash)

        JSONValue.load_struct(value, struct)
      rescue JSON::ParserError => e
        raise Error, "line #{number} is not JSON: #{e.message.lines.first.to_s.strip}"
      rescue Error => e
        raise e.class, e.message.start_with?("line ") ? e.message : "line #{number}: #{e.message}"
      end

      def result(commit)
        return "version #{commit.version}: nothing appended" if commit.skipped?

        "version #{commit.version}: #{commit.rows} rows in #{commit.files} files, #{commit.bytes} bytes"
      end
    end
  end
end
