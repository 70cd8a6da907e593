# frozen_string_literal: true

require "rbconfig"
require "shellwords"

module Extconf
  # The three targets that RubyGems calls. mkmf's own Makefile compiles C, so this one is written out.
  #
  # RubyGems sets SOURCE_DATE_EPOCH, and cargo compiles the C libraries again where it differs from the last build's:
  # nothing here uses it, and a target folder that the user keeps should serve.
  class Makefile
    def initialize(build)
      @build = build
    end

    def to_s
      <<~MAKE
        SHELL = /bin/sh
        DESTDIR =
        sitearchdir = #{RbConfig::CONFIG['sitearchdir']}
        folder = $(DESTDIR)$(sitearchdir)/deltalake

        all:
        \tunset SOURCE_DATE_EPOCH; #{environment} #{quote(@build.command.shelljoin)} || { status=$$?; #{remove_target}; exit $$status; }

        install: all
        \tmkdir -p "$(folder)"
        \tcp #{quote(@build.artifact.shellescape)} "$(folder)/#{@build.library_name}"
        \t#{remove_target}

        clean:
        \t#{remove_target}

        .PHONY: all install clean
      MAKE
    end

    private

    def environment
      quote(@build.environment.map { |name, value| "#{name}=#{value.shellescape}" }.join(" "))
    end

    # Hundreds of megabytes that nobody needs again, also after a build that failed.
    def remove_target
      @build.own_target_dir? ? "rm -rf #{quote(@build.target_dir.shellescape)}" : ":"
    end

    def quote(shell)
      shell.gsub("$", "$$")
    end
  end
end
