# frozen_string_literal: true

require "open3"
require "rbconfig"

RSpec.describe "the check of the crates" do
  def check(*crates)
    File.write(File.join(tmpdir, "cargo"), "#!/bin/sh\nprintf '%s v1.0.0\\n' #{crates.join(' ')}\n")
    File.chmod(0o755, File.join(tmpdir, "cargo"))
    Open3.capture2e({ "PATH" => "#{tmpdir}:#{ENV.fetch('PATH')}" }, RbConfig.ruby, "script/check_crates.rb")
  end

  it "lets others pass" do
    output, status = check("ring", "arrow")
    expect(status).to be_success, output
  end

  it "fails on a crate that deny.toml bans" do
    output, status = check("ring", "aws-lc-sys", "arrow")
    expect(status).not_to be_success
    expect(output).to include("bans aws-lc-sys")
  end
end
