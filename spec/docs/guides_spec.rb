# frozen_string_literal: true

require "open3"
require "rbconfig"

RSpec.describe "The guides" do
  root = File.expand_path("../..", __dir__)
  guides = Dir[File.join(root, "docs", "*.md")].reject { |path| File.basename(path) == "README.md" }

  # Libraries that a guide is about, and that not every machine has.
  needs = { "a-first-job" => %w[sidekiq], "buffering" => %w[sidekiq], "fan-out" => %w[sidekiq],
            "offline-to-online" => %w[active_record sqlite3], "deploys" => %w[sidekiq] }

  def missing(libraries)
    libraries.reject do |library|
      require library
      true
    rescue LoadError
      false
    end
  end

  def run(root, guide)
    prelude = File.join(root, "spec/docs/preludes", "#{File.basename(guide, '.md').tr('-', '_')}.rb")
    prelude = nil unless File.exist?(prelude)
    command = [RbConfig.ruby, "-W0", "-I", File.join(root, "lib"), File.join(root, "spec/docs/run.rb")]
    redis = Services::Redis.missing ? {} : { "REDIS_URL" => Services::Redis.running.url }
    Open3.capture2e(redis, *command, guide, *prelude, chdir: tmpdir)
  end

  guides.each do |guide|
    name = File.basename(guide, ".md")

    it "#{name}: does what it says", :native do
      lacking = missing(needs.fetch(name, []))
      lacking << "redis-server" if name == "fan-out" && Services::Redis.missing
      skip "#{lacking.join(', ')} is missing" unless lacking.empty?

      output, status = run(root, guide)
      expect(status).to be_success, output
    end

    it "#{name}: is listed, and links lead somewhere" do
      expect(File.read(File.join(root, "docs/README.md"))).to include("(#{name}.md)")
      links = File.read(guide).scan(/\]\((?!http)([^)#]+)/).flatten
      expect(links.reject { |link| File.exist?(File.expand_path(link, File.dirname(guide))) }).to be_empty
    end
  end

  it "notice a claim that is not so" do
    path = File.join(tmpdir, "wrong.md")
    File.write(path, "```ruby\n1 + 1 # => 3\nInteger('x') # raises TypeError\n1 # raises TypeError\n2 # => 2\n```\n")
    guide = Guide.new(path)
    $guide = guide # rubocop:disable Style/GlobalVars
    expect(guide.run.broken)
      .to contain_exactly(/:2: claims 3, and is 2/, /:3: .* raised #<ArgumentError/, /:4: .*did not/)
    expect(guide.claims).to eq(4)
  end
end
