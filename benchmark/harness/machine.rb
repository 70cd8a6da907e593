# frozen_string_literal: true

require "etc"
require "time"

module Comparison
  # What it was measured on.
  module Machine
    module_function

    def lines(python)
      ["#{Time.now.utc.strftime('%Y-%m-%d')}, #{system_name}, Linux #{Etc.uname[:release]}",
       "#{processor}, #{Etc.nprocessors} cores, #{memory} GB of memory, load before: #{load_average}",
       "deltalake #{version} (release profile) with #{RUBY_DESCRIPTION[/\Aruby \S+/]}; #{rust}",
       "#{python.packages.join(', ')} with #{python.version}"]
    end

    def processor
      model = File.read("/proc/cpuinfo")
      number = model[/^model\s+: (\d+)/, 1]
      "#{model[/^model name\s+: (.+)/, 1]} (model #{number})"
    end

    def memory
      (Integer(File.read("/proc/meminfo")[/^MemTotal:\s+(\d+)/, 1]) / (1024.0 * 1024)).round
    end

    def load_average
      File.read("/proc/loadavg").split.first
    end

    def system_name
      File.read("/etc/os-release")[/^PRETTY_NAME="?([^"\n]+)/, 1]
    end

    def version
      File.read(File.expand_path("../../lib/deltalake/version.rb", __dir__))[/"([\d.]+)"/, 1]
    end

    def rust
      `rustc --version`[/\Arustc \S+/] || "rustc unknown"
    end
  end
end
