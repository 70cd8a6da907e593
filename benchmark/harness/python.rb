# frozen_string_literal: true

require "fileutils"

module Comparison
  # Python with the peers of requirements.txt, in a virtual environment that is made when it is missing.
  class Python
    FOLDER = File.expand_path("../.venv", __dir__)
    REQUIREMENTS = File.expand_path("../requirements.txt", __dir__)

    attr_reader :executable

    def initialize
      @executable = File.join(FOLDER, "bin", "python")
      install unless installed?
    end

    # Name and version of each package.
    def packages
      File.readlines(REQUIREMENTS, chomp: true).map { |line| line.sub("==", " ") }
    end

    # Bytes of the peer's native library.
    def library_bytes
      File.size(Dir[File.join(FOLDER, "lib", "python3*", "site-packages", "deltalake", "_internal*.so")].fetch(0))
    end

    def version
      `#{executable} --version`.chomp
    end

    private

    def stamp
      File.join(FOLDER, "requirements.txt")
    end

    def installed?
      File.exist?(stamp) && FileUtils.identical?(stamp, REQUIREMENTS)
    end

    def install
      warn "Installing #{packages.join(', ')} into #{FOLDER}"
      FileUtils.rm_rf(FOLDER)
      run("python3", "-m", "venv", FOLDER)
      run(executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS)
      FileUtils.cp(REQUIREMENTS, stamp)
    end

    def run(*command)
      system(*command, out: :err) || abort("#{command.join(' ')} failed: Python 3 with venv and pip is needed")
    end
  end
end
