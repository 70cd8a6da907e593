# frozen_string_literal: true

module DeltaLake
  module CLI
    # `deltalake schema`
    # @api private
    class Schema < Command
      SUMMARY = "list the columns: name, type and `not null` a line, with tabs between"

      private

      def define_options(parser)
        define_time_options(parser)
        parser.on("--json", "the schema as the Delta protocol writes it") { options[:json] = true }
      end

      def call(uri)
        schema = open_table(uri).schema
        return @stdout.puts(schema.to_json) if options[:json]

        schema.fields.each { |field| fields(field.name, field.type, *("not null" unless field.null?)) }
      end
    end
  end
end
