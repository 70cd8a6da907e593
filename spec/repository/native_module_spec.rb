# frozen_string_literal: true

require "open3"
require "rbconfig"

RSpec.describe "the native module" do
  def load_copy(**native)
    lib = File.join(tmpdir, "lib")
    FileUtils.mkdir_p(File.join(lib, "deltalake"))
    %w[version native].each { |name| FileUtils.cp("lib/deltalake/#{name}.rb", File.join(lib, "deltalake")) }
    File.write(File.join(lib, "deltalake/deltalake.rb"), native[:stub]) if native[:stub]
    Open3.capture2e({ "RUBYOPT" => nil, "RUBYLIB" => nil }, RbConfig.ruby, "-I#{lib}", "-rdeltalake/native", "-e", "")
  end

  it "is of the same version as the gem", :gc do
    expect(DeltaLake::Native::VERSION).to eq(DeltaLake::VERSION)
  end

  it "is of the version that the crates carry" do
    expect(File.read("Cargo.toml")).to include(%(version = "#{DeltaLake::VERSION}"))
  end

  it "says what to run where it was not compiled" do
    output, status = load_copy
    expect(status).not_to be_success
    expect(output).to match(%r{native module .* could not be loaded .*bin/setup.*gem pristine deltalake}m)
  end

  it "is refused where its version is another" do
    output, status = load_copy(stub: "module DeltaLake; module Native; VERSION = '0.0.9'; end; end")
    expect(status).not_to be_success
    expect(output).to match(/built for version 0\.0\.9 and the gem is #{DeltaLake::VERSION}/)
  end
end
