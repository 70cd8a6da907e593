# frozen_string_literal: true

require "open3"
require "rbconfig"

RSpec.describe "signatures" do
  libraries = %w[bigdecimal json optparse forwardable]
  stems = lambda { |folder, extension|
    Dir.glob("**/*.#{extension}", base: folder).map do |path|
      path.delete_suffix(".#{extension}")
    end
  }

  it "stand one to one with lib" do
    expect(stems.call("sig", "rbs")).to match_array(stems.call("lib", "rb"))
  end

  describe "in rbs" do
    before do
      require "rbs"
    rescue LoadError
      skip "rbs is not installed"
    end

    let(:environment) do
      loader = RBS::EnvironmentLoader.new
      libraries.each { |name| loader.add(library: name, version: nil) }
      loader.add(path: Pathname("sig"))
      RBS::Environment.from_loader(loader).resolve_type_names
    end

    it "are valid" do
      rbs = Gem.bin_path("rbs", "rbs")
      options = libraries.flat_map { |name| ["-r", name] }
      output, status = Open3.capture2e(RbConfig.ruby, rbs, *options, "-I", "sig", "validate", "--silent")
      expect(status).to be_success, output
    end

    it "name every public method" do
      require "deltalake/cli"
      require "deltalake/sync"
      require "deltalake/export/result"
      builder = RBS::DefinitionBuilder.new(env: environment)
      missing = modules(DeltaLake).flat_map do |mod|
        name = type_name(mod)
        own = mod.public_instance_methods(false) - builder.build_instance(name).methods.keys
        singleton = mod.singleton_class.public_instance_methods(false) - builder.build_singleton(name).methods.keys
        named = own.map { |method| "#{mod}##{method}" } + singleton.map { |method| "#{mod}.#{method}" }
        # Sidekiq defines its settings on the class of each job.
        named.grep_v(/[.#](__synchronized_)?sidekiq_/)
      end
      expect(missing).to eq([])
    end

    def modules(root)
      inner = root.constants.map { |name| root.const_get(name) }.grep(Module)
      inner = inner.select { |mod| name_of(mod).start_with?("#{name_of(root)}::") }
      inner = inner.reject { |mod| mod < Struct || name_of(mod).include?("::Testing") }
      [root, *inner.flat_map { |mod| modules(mod) }]
    end

    def type_name(mod)
      *outer, name = name_of(mod).split("::")
      RBS::TypeName.new(name: name.to_sym, namespace: RBS::Namespace.parse("::#{outer.join('::')}"))
    end

    # Some modules have a `name` of their own.
    def name_of(mod)
      Module.instance_method(:name).bind_call(mod)
    end
  end
end
