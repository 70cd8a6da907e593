# frozen_string_literal: true

require "open3"
require "rbconfig"
require "rubygems/package"

# The gems as a user gets them: built here, installed into empty homes, required by a plain script.
RSpec.describe "the packaged gems" do
  megabyte = 1024 * 1024
  # What a shell of a user has: none of Bundler's or of this suite's variables.
  bare = { "RUBYOPT" => nil, "RUBYLIB" => nil, "BUNDLE_GEMFILE" => nil, "DELTALAKE_CARGO_PROFILE" => nil,
           "DELTALAKE_CARGO_FEATURES" => nil }

  def run!(env, *command, **options)
    output, status = Open3.capture2e(env, *command, **options)
    raise "#{command.join(' ')}\n#{output}" unless status.success?

    output
  end

  def home(path)
    { "GEM_HOME" => path, "GEM_PATH" => path }
  end

  def gem_command(env, *arguments, **options)
    run!(env, RbConfig.ruby, File.join(RbConfig::CONFIG["bindir"], "gem"), *arguments, **options)
  end

  def install(gem, env)
    gem_command(env, "install", "--local", "--no-document", gem)
  end

  # A script of a user, far from the checkout.
  def script(env, text)
    run!(env, RbConfig.ruby, "-e", "require 'deltalake'; #{text}", chdir: "/").strip
  end

  def spec_of(gem)
    Gem::Package.new(gem).spec
  end

  def installed_files(path)
    Dir.glob("**/*", File::FNM_DOTMATCH, base: path).select { |file| File.file?(File.join(path, file)) }
  end

  def libraries(path)
    installed_files(path).grep(/\.(so|bundle)\z/)
  end

  # Tools that a Ruby alone has: no cargo, no compiler.
  def path_without_compilers
    folder = File.join(@work, "bin").tap { |bin| FileUtils.mkdir_p(bin) }
    File.symlink(RbConfig.ruby, File.join(folder, "ruby")) unless File.exist?(File.join(folder, "ruby"))
    folder
  end

  # Each costs a build, so the examples share them.
  before(:context) do
    @work = Dir.mktmpdir("deltalake-packaging-")
    version = DeltaLake::VERSION
    run!(bare, RbConfig.ruby, "-S", "rake", "gem", "native")
    @source = File.expand_path("pkg/deltalake-#{version}.gem")
    @native = File.expand_path("pkg/deltalake-#{version}-#{Gem::Platform.local}.gem")
    @source_home = File.join(@work, "source")
    install(@source, bare.merge(home(@source_home)))
    @native_home = File.join(@work, "native")
    install(@native, bare.merge(home(@native_home), "PATH" => "#{path_without_compilers}:/nonexistent"))
  end

  after(:context) { FileUtils.remove_entry(@work) }

  describe "the source gem" do
    let(:gem_folder) { "gems/deltalake-#{DeltaLake::VERSION}/" }
    let(:library) { "lib/deltalake/deltalake.#{RbConfig::CONFIG['DLEXT']}" }

    it "holds every file of the crates, and Cargo.lock" do
      crates = Dir["ext/{core,deltalake}/{Cargo.toml,src/**/*}"].select { |file| File.file?(file) }
      expect(spec_of(@source).files).to include("Cargo.toml", "Cargo.lock", "LICENSE", *crates)
    end

    it "holds nothing that was built" do
      expect(spec_of(@source).files.grep(%r{(/target/|\.(so|bundle|rlib|o)\z|Makefile)})).to be_empty
    end

    it "is built without git, from an unpacked archive" do
      copy = File.join(@work, "unpacked")
      gem_command(bare, "unpack", @source, "--target", copy)
      folder = Dir[File.join(copy, "*")].first
      FileUtils.cp("deltalake.gemspec", folder)
      gem_command(bare.merge("PATH" => path_without_compilers), "build", "deltalake.gemspec", chdir: folder)
      expect(spec_of(Dir[File.join(folder, "*.gem")].first).files).to match_array(spec_of(@source).files)
    end

    it "runs a plain script" do
      expect(script(bare.merge(home(@source_home)), "puts DeltaLake::VERSION")).to eq(DeltaLake::VERSION)
    end

    it "has a library of less than 15 MB" do
      sizes = libraries(@source_home).map { |file| File.size(File.join(@source_home, file)) }
      expect(sizes).not_to be_empty
      expect(sizes.max).to be < 15 * megabyte
    end

    it "has the library where it is required from, and nowhere else in the gem" do
      expect(libraries(@source_home).grep(%r{\Agems/})).to eq(["#{gem_folder}#{library}"])
    end

    it "leaves nothing of the build behind" do
      extra = installed_files(File.join(@source_home, gem_folder)) - spec_of(@source).files - [library]
      # RubyGems itself wants the Makefile to stay: newer ones run `make clean` after the installation.
      expect(extra - ["ext/deltalake/Makefile"]).to be_empty
    end

    it "has no methods that only specs need" do
      expect(DeltaLake::Native.const_defined?(:Testing)).to be(true)
      output = script(bare.merge(home(@source_home)), "p DeltaLake::Native.const_defined?(:Testing)")
      expect(output).to eq("false")
    end
  end

  describe "the native gem" do
    it "was installed without cargo or a compiler, and runs a plain script" do
      expect(script(bare.merge(home(@native_home)), "puts DeltaLake::VERSION")).to eq(DeltaLake::VERSION)
    end

    it "has no source and no extension to compile" do
      spec = spec_of(@native)
      expect(spec.extensions).to be_empty
      expect(spec.files.grep(/\.rs\z|Cargo/)).to be_empty
      expect(spec.platform.to_s).to eq(Gem::Platform.local.to_s)
    end

    it "is for the Ruby that it was built for" do
      requirement = spec_of(@native).required_ruby_version
      major, minor = RUBY_VERSION.split(".").map(&:to_i)
      expect(requirement).to be_satisfied_by(Gem::Version.new(RUBY_VERSION))
      expect(requirement).not_to be_satisfied_by(Gem::Version.new("#{major}.#{minor + 1}.0"))
      expect(requirement).not_to be_satisfied_by(Gem::Version.new("#{major}.#{minor - 1}.9"))
    end

    it "is of less than 15 MB" do
      expect(File.size(@native)).to be < 15 * megabyte
    end
  end
end
