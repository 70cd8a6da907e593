# frozen_string_literal: true

require "optparse"
require "time"

module DeltaLake
  module CLI
    # What commands have in common: options, the table, output.
    # @api private
    class Command
      # What stands after `deltalake NAME`.
      ARGUMENTS = "TABLE"

      def initialize(stdin, stdout, stderr)
        @stdin = stdin
        @stdout = stdout
        @stderr = stderr
        @options = { storage: {} }
      end

      # @param arguments [Array<String>]
      # @return [Object] `:error` where the process is to end so
      def run(arguments)
        rest = parser.permute(arguments)
        return @stdout.puts(parser.help) if @options[:help]

        wanted = self.class::ARGUMENTS.split
        if rest.size != wanted.size
          raise UsageError, "#{command_name} takes #{wanted.join(' and ')}, got #{rest.size} arguments"
        end

        call(*rest)
      end

      private

      attr_reader :options

      def command_name
        COMMANDS.key(self.class)
      end

      def parser
        @parser ||= OptionParser.new do |parser|
          parser.banner = "Usage: deltalake #{command_name} #{self.class::ARGUMENTS} [options]\n\n" \
                          "#{self.class::SUMMARY}\n\n"
          define_options(parser)
          parser.on("--storage KEY=VALUE", "option of the store; may come several times") do |text|
            key, value = text.split("=", 2)
            raise OptionParser::InvalidArgument, "needs KEY=VALUE" if value.nil?

            options[:storage][key] = value
          end
          parser.on("-h", "--help", "this text") { options[:help] = true }
        end
      end

      # Options of the command itself.
      def define_options(parser); end

      def define_time_options(parser)
        parser.on("--version N", Integer, "the table at this version") { |version| options[:version] = version }
        parser.on("--at TIME", "the table at this time (ISO 8601)") { |text| options[:at] = time(text) }
      end

      def define_limit_option(parser, what)
        parser.on("--limit N", Integer, "at most so many #{what}") { |limit| options[:limit] = limit }
      end

      def time(text)
        Time.iso8601(text)
      rescue ArgumentError
        raise OptionParser::InvalidArgument, "#{text} is not a time such as 2026-01-31T12:00:00Z"
      end

      def open_table(uri)
        usage(ConfigurationError) { DeltaLake.open(uri, **options.slice(:storage, :version, :at)) }
      end

      # What the block refuses was asked for on the command line.
      def usage(*kinds)
        yield
      rescue ArgumentError, TypeError, *kinds => e
        raise UsageError, e.message, e.backtrace
      end

      # One line of fields between tabs; text in them stays in its field.
      def fields(*values)
        @stdout.puts(values.map { |value| value.to_s.gsub(/[\t\r\n]/, " ") }.join("\t"))
      end
    end
  end
end
