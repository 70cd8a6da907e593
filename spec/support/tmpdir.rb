# frozen_string_literal: true

# `tmpdir` is a fresh folder for each example, gone after it.
module TmpdirHelper
  def tmpdir
    @tmpdir ||= Dir.mktmpdir("deltalake-spec-")
  end

  def remove_tmpdir(tries: 50)
    FileUtils.remove_entry(@tmpdir) if @tmpdir && File.exist?(@tmpdir)
  rescue Errno::ENOTEMPTY, Errno::ENOENT
    # A checkpoint is still being written behind the last commit: files come, and have other names a moment later.
    raise if (tries -= 1).zero?

    sleep(0.02)
    retry
  end
end

RSpec.configure do |config|
  config.include TmpdirHelper
  config.after { remove_tmpdir }
end
