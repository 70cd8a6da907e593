# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"

module Comparison
  # Starts the scripts of both sides, each in a process of its own.
  class Contestants
    FOLDER = File.expand_path("..", __dir__)
    LIB = File.expand_path("../../lib", __dir__)
    # How long a process may take.
    LIMIT = "600"

    def initialize(python)
      @python = python
    end

    # The command of a script of one side, named with neither folder nor extension.
    def command(side, script, *arguments)
      program = side == :ours ? ruby(script) : python(script)
      ["timeout", LIMIT, *program, *arguments.map(&:to_s)]
    end

    # What a script prints as its last line. A process that crashed on its way out, after that, has done its work.
    def run(side, script, *arguments, environment: {})
      out, err, status = Open3.capture3(environment, *command(side, script, *arguments))
      warn "#{side}/#{script} ended with #{status}: #{err.lines.last}" unless status.success?
      raise "#{side}/#{script} #{arguments.join(' ')}: #{err}" if out.empty?

      JSON.parse(out.lines.last, symbolize_names: true)
    end

    # What so many processes of a script print, all started at once; the block makes the arguments of each.
    def crowd(side, script, size)
      start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      pipes = Array.new(size) { |n| IO.popen([*command(side, script, *yield(n)), { err: File::NULL }]) }
      outputs = pipes.map { |pipe| pipe.read.tap { pipe.close } }
      seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
      { seconds: seconds, results: outputs.map { |out| out.empty? ? {} : JSON.parse(out, symbolize_names: true) } }
    end

    def make(script, *arguments)
      file = File.join(FOLDER, "data", "#{script}.py")
      system(@python.executable, file, *arguments.map(&:to_s)) || raise("data/#{script} failed")
    end

    private

    def ruby(script)
      [RbConfig.ruby, "-I", LIB, File.join(FOLDER, "ours", "#{script}.rb")]
    end

    def python(script)
      [@python.executable, "-W", "ignore", File.join(FOLDER, "peer", "#{script}.py")]
    end
  end
end
