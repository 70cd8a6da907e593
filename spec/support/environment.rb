# frozen_string_literal: true

# Variables of the environment for an example, which sees none that say who asks a store, nor anybody's home.
module Environment
  WHO = /\A(AWS|AZURE|GOOGLE|GCE|IDENTITY|MSI)_|\Ahttps?_proxy\z/i

  def in_environment(variables = {})
    before = ENV.to_h
    ENV.delete_if { |name, _| name.match?(WHO) }
    ENV.update({ "HOME" => tmpdir }.merge(variables))
    yield
  ensure
    ENV.replace(before)
  end

  # The files of ~/.aws in that home.
  def aws_files(config: nil, credentials: nil)
    folder = File.join(tmpdir, ".aws")
    FileUtils.mkdir_p(folder)
    { "config" => config, "credentials" => credentials }.compact.each do |name, text|
      File.write(File.join(folder, name), text)
    end
  end
end

RSpec.configure { |config| config.include Environment }
