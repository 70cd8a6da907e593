# frozen_string_literal: true

require_relative "../deltalake"
require_relative "cli/command"
require_relative "cli/show"
require_relative "cli/schema"
require_relative "cli/history"
require_relative "cli/files"
require_relative "cli/cat"
require_relative "cli/changes"
require_relative "cli/append"
require_relative "cli/doctor"

module DeltaLake
  # The command line, `deltalake`.
  module CLI
    # Wrong options or arguments.
    class UsageError < StandardError; end

    # The commands by name.
    COMMANDS = { "show" => Show, "schema" => Schema, "history" => History, "files" => Files, "cat" => Cat,
                 "changes" => Changes, "append" => Append, "doctor" => Doctor }.freeze

    # What each kind of end says to a script.
    EXIT_CODES = { ok: 0, error: 1, usage: 2, not_found: 3, retry: 4, unknown: 5, interrupted: 130, pipe: 141 }.freeze

    HELP = <<~TEXT.freeze
      Usage: deltalake COMMAND TABLE [options]

      TABLE is a folder or the URI of one. Commands:

      #{COMMANDS.map { |name, command| format('  %<name>-8s %<summary>s', name:, summary: command::SUMMARY) }.join("\n")}

      deltalake COMMAND --help tells the options of a command; deltalake --version the version of this program.

      Exit codes: 0 done; 1 failed, or the doctor found a problem; 2 wrong options or arguments; 3 no such table or
      version; 4 failed, and may succeed when run again (conflict, store unavailable); 5 the outcome of a commit is
      unknown: see the history before running it again; 130 interrupted; 141 the reader of the output went away.

      With DELTALAKE_DEBUG=1, errors come with a backtrace.
    TEXT

    class << self
      # Runs one command.
      #
      # @param arguments [Array<String>]
      # @return [Integer] exit code
      def run(arguments, stdin: $stdin, stdout: $stdout, stderr: $stderr)
        outcome = run!(texts(arguments), stdin, stdout, stderr)
        stdout.flush
        EXIT_CODES[outcome == :error ? :error : :ok]
      rescue Interrupt
        EXIT_CODES[:interrupted]
      rescue Errno::EPIPE
        pipe_closed(stdout)
      rescue UsageError, OptionParser::ParseError => e
        report(e, stderr, hint: "deltalake --help tells how")
        EXIT_CODES[:usage]
      rescue StandardError => e
        report(e, stderr)
        EXIT_CODES[kind(e)]
      end

      private

      def run!(arguments, stdin, stdout, stderr)
        name = arguments.shift
        case name
        when nil then raise UsageError, "a command is missing"
        when "-h", "--help", "help" then stdout.puts(HELP)
        when "-v", "--version" then stdout.puts("deltalake #{VERSION}")
        else
          command = COMMANDS.fetch(name) { raise UsageError, "there is no command #{name.inspect}" }
          command.new(stdin, stdout, stderr).run(arguments)
        end
      end

      def texts(arguments)
        arguments.map { |argument| Arguments.utf8("an argument", argument) }
      rescue ArgumentError => e
        raise UsageError, e.message
      end

      def kind(error)
        case error
        when TableNotFoundError then :not_found
        when CommitOutcomeUnknownError then :unknown
        when Error then error.retryable? ? :retry : :error
        else :error
        end
      end

      def report(error, stderr, hint: nil)
        stderr.puts("deltalake: #{error.message.lines.first.to_s.chomp}#{" (#{hint})" if hint}")
        stderr.puts(error.backtrace) if ENV["DELTALAKE_DEBUG"]
      end

      # Ruby would flush what is left at exit, and complain.
      def pipe_closed(stdout)
        stdout.reopen(File::NULL) if stdout.respond_to?(:reopen)
        EXIT_CODES[:pipe]
      end
    end
  end
end
