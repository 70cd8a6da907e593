# frozen_string_literal: true

module DeltaLake
  module CLI
    # `deltalake show`
    # @api private
    class Show < Command
      SUMMARY = "tell what a table is: a name and a value a line, with a tab between"

      private

      def define_options(parser)
        define_time_options(parser)
      end

      def call(uri)
        table = open_table(uri)
        describe(table)
        protocol(table.protocol)
        table.properties.sort.each { |key, value| fields("property", "#{key}=#{value}") }
      end

      def describe(table)
        plan = table.explain
        { uri: Address.shown(table.uri), id: table.id, name: table.name, description: table.description,
          version: table.version, created: table.created_at&.iso8601(3), columns: table.schema.names.size,
          partition_by: table.partition_by.join(","), files: plan[:files_total], bytes: plan[:bytes_total],
          rows: table.count }.each do |name, value|
          fields(name, value) unless value.nil? || value == ""
        end
      end

      def protocol(protocol)
        fields("reader_version", protocol.min_reader_version)
        fields("writer_version", protocol.min_writer_version)
        (protocol.reader_features | protocol.writer_features).each { |feature| fields("feature", feature) }
      end
    end
  end
end
