# frozen_string_literal: true

# `tmpdir` is a fresh folder for each example, gone after it.
module TmpdirHelper
  def tmpdir
    @tmpdir ||= Dir.mktmpdir("deltalake-spec-")
  end

  def remove_tmpdir
    FileUtils.remove_entry(@tmpdir) if @tmpdir && File.exist?(@tmpdir)
  end
end

RSpec.configure do |config|
  config.include TmpdirHelper
  config.after { remove_tmpdir }
end
