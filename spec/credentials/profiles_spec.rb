# frozen_string_literal: true

require "shellwords"

RSpec.describe "credentials of profiles" do
  schema = DeltaLake::Schema.from({ id: :long })
  keys = "aws_access_key_id = #{Servers::S3::KEY}\naws_secret_access_key = #{Servers::S3::SECRET}\n"

  def version(uri, **storage)
    DeltaLake.open(uri, storage: storage, deadline: 60).version
  end

  # A program that prints credentials.
  def program(*lines)
    path = File.join(tmpdir, "credentials program.sh")
    File.write(path, ["#!/bin/sh", *lines].join("\n"))
    File.chmod(0o755, path)
    "credential_process = #{path.dump} 'an argument'\n"
  end

  def printed(key: Servers::S3::KEY, secret: Servers::S3::SECRET, seconds: 3600)
    at = (Time.now + seconds).utc.iso8601
    "echo #{JSON.generate(Version: 1, AccessKeyId: key, SecretAccessKey: secret, Expiration: at).shellescape}"
  end

  on_stores(:seaweedfs) do
    let(:place) { "region = us-east-1\nendpoint_url = #{server.endpoint}\n" }
    let!(:table) { DeltaLake.create(uri, schema: schema, storage: storage) }

    around { |example| in_environment { example.run } }

    it "are those of the profile that is named, by an option or the environment, and of default without a name" do
      aws_files(config: "[default]\n#{place}[profile dev]\n#{place}",
                credentials: "[default]\n#{keys}[dev]\n#{keys}[wrong]\n#{keys.sub('secret', 'wrong')}")
      expect([version(uri), version(uri, profile: "dev"), version(uri, aws_profile: "dev")]).to eq([0, 0, 0])
      ENV["AWS_PROFILE"] = "dev"
      expect(version(uri)).to eq(0)
      ENV["AWS_PROFILE"] = "nobody"
      expect { version(uri) }.to raise_error(DeltaLake::ConfigurationError, /no profile "nobody".*default, dev, wrong/)
    end

    it "come from the files that are named" do
      File.write(File.join(tmpdir, "c"), "[profile x]\n#{place}")
      File.write(File.join(tmpdir, "k"), "[x]\n#{keys}")
      files = { config_file: File.join(tmpdir, "c"), shared_credentials_file: File.join(tmpdir, "k") }
      expect(version(uri, profile: "x", **files)).to eq(0)
      ENV.update("AWS_CONFIG_FILE" => files[:config_file], "AWS_PROFILE" => "x",
                 "AWS_SHARED_CREDENTIALS_FILE" => files[:shared_credentials_file])
      expect(version(uri)).to eq(0)
      expect { version(uri, config_file: "/nowhere/c") }
        .to raise_error(DeltaLake::ConfigurationError, %r{config_file: /nowhere/c cannot be read})
    end

    it "that are wrong are refused by the store, and never shown" do
      secret = "notthesecretatall"
      aws_files(config: "[default]\n#{place}", credentials: "[default]\naws_access_key_id = test\n" \
                                                            "aws_secret_access_key = #{secret}\n")
      expect { version(uri) }.to raise_error(DeltaLake::PermissionDeniedError) { |e|
        expect(e.full_message).not_to include(secret)
      }
    end

    it "come after those of options and of the environment, and say where all the same" do
      aws_files(config: "[default]\n#{place}aws_access_key_id = no\naws_secret_access_key = no\n")
      right = { access_key_id: Servers::S3::KEY, secret_access_key: Servers::S3::SECRET }
      expect { version(uri) }.to raise_error(DeltaLake::PermissionDeniedError)
      expect(version(uri, **right)).to eq(0)
      ENV.update("AWS_ACCESS_KEY_ID" => Servers::S3::KEY, "AWS_SECRET_ACCESS_KEY" => Servers::S3::SECRET)
      expect(version(uri)).to eq(0)
      expect { version(uri, profile: "default") }.to raise_error(DeltaLake::PermissionDeniedError)
    end

    it "come from a program, which is asked again for what is over" do
      aws_files(config: "[default]\n#{place}#{program("echo \"$1\" >> #{tmpdir}/asked", printed)}")
      table = DeltaLake.open(uri)
      table.append([{ id: 1 }])
      expect(table.refresh.count).to eq(1)
      expect(File.readlines("#{tmpdir}/asked", chomp: true)).to eq(["an argument"])
    end

    it "from a program that fails, hangs or prints rubbish are an error that says so" do
      {
        ["echo s3cr3ts3cr3t; echo no such user >&2; exit 2"] =>
          [DeltaLake::PermissionDeniedError,
           /credential_process of the profile default failed \(exit status: 2\): no such user/],
        ["echo s3cr3ts3cr3t"] => [DeltaLake::PermissionDeniedError, /gave no credentials that can be read/],
        [printed(secret: "s3cr3ts3cr3t", seconds: -60)] => [DeltaLake::PermissionDeniedError, /were over at/],
        ["exec sleep 30"] => [DeltaLake::StorageUnavailableError, /did not end in 300ms/]
      }.each do |lines, (error, words)|
        aws_files(config: "[default]\n#{place}#{program(*lines)}")
        expect { version(uri, credentials_timeout: "300ms") }
          .to raise_error(error, words) { |e| expect(e.full_message).not_to include("s3cr3t") }
      end
    end

    it "of a program are waited for so that the wait can be interrupted, and the program ends" do
      aws_files(config: "[default]\n#{place}#{program("echo $$ > #{tmpdir}/pid", 'exec sleep 600')}")
      thread = Thread.new { version(uri) }
      Thread.pass until File.exist?("#{tmpdir}/pid") && !File.empty?("#{tmpdir}/pid")
      expect(thread.kill.join(10)).to be(thread)
      pid = Integer(File.read("#{tmpdir}/pid"))
      Thread.pass while File.exist?("/proc/#{pid}")
      expect(File.exist?("/proc/#{pid}")).to be(false)
    end

    it "that somebody signs in for in a browser say what to do" do
      aws_files(config: "[default]\n#{place}sso_session = x\n[sso-session x]\nsso_region = y\n")
      words = /IAM Identity Center.*credential_process = aws configure export-credentials/
      expect { version(uri) }.to raise_error(DeltaLake::ConfigurationError, words)
    end
  end

  on_stores(:s3) do
    let(:proxy) { FaultProxy.new(server.port) }
    let!(:table) { DeltaLake.create(uri, schema: schema, storage: storage) }

    after { proxy.stop }

    around { |example| in_environment { example.run } }

    # Files with a role that is assumed with the keys of another profile, at the STS of that address.
    def role(sts, more = "")
      aws_files(config: <<~INI, credentials: "[base]\n#{keys}")
        [profile base]
        [profile role]
        region = us-east-1
        role_arn = arn:aws:iam::000000000000:role/reader
        source_profile = base
        #{more}
        services = here
        [services here]
        s3 =
          endpoint_url = http://127.0.0.1:#{proxy.port}
        sts =
          endpoint_url = #{sts}
      INI
    end

    define_method(:keys) { keys }

    it "are those of a role that STS gives for others" do
      role(server.endpoint)
      expect(version(uri, profile: "role")).to eq(0)
      expect(proxy.requests.map(&:key_id).uniq).to match([a_string_starting_with("ASIA")])
      expect(proxy.requests.map(&:token)).to all(be_a(String))
    end

    it "are asked for with what the role's profile says, signed, and a refusal of STS is told" do
      sts = Servers::Metadata.new(key: "ASIAROLE", secret: "rolesecret", token: "roletoken")
      role(sts.endpoint, "external_id = ext 1\nduration_seconds = 900\nrole_session_name = me")
      expect(version(uri, profile: "role")).to eq(0)
      expect(proxy.requests.map { |request| [request.key_id, request.token] }.uniq).to eq([%w[ASIAROLE roletoken]])
      asked = sts.requests
      expect(asked.size).to eq(1)
      expect(asked.first.form).to include("Action" => "AssumeRole", "ExternalId" => "ext 1", "DurationSeconds" => "900",
                                          "RoleSessionName" => "me")
      expect(asked.first.headers["authorization"]).to match(%r{Credential=test/\d+/us-east-1/sts/aws4_request})
      sts.spoilt = { "/" => 403 }
      role(sts.endpoint, "role_session_name = other")
      expect { version(uri, profile: "role") }
        .to raise_error(DeltaLake::PermissionDeniedError, %r{no credentials were given.*role/reader answered 403})
    ensure
      sts&.stop
    end

    it "of a role that is an option are asked for with the credentials that there are" do
      sts = Servers::Metadata.new(key: "ASIAROLE", secret: "rolesecret", token: "roletoken")
      options = { role_arn: "arn:aws:iam::0:role/r", sts_endpoint: sts.endpoint, region: "us-east-1",
                  endpoint: "http://127.0.0.1:#{proxy.port}" }
      expect(version(uri, access_key_id: "base", secret_access_key: "s", **options)).to eq(0)
      expect(sts.requests.first.headers["authorization"]).to include("Credential=base/")
      expect(proxy.requests.map(&:key_id).uniq).to eq(["ASIAROLE"])
    ensure
      sts&.stop
    end

    it "with the token of a web identity are those of its role" do
      sts = Servers::Metadata.new(key: "ASIAWEB", secret: "websecret", token: "webtoken")
      File.write(File.join(tmpdir, "token"), "identity\n")
      ENV.update("AWS_WEB_IDENTITY_TOKEN_FILE" => File.join(tmpdir, "token"), "AWS_ROLE_ARN" => "arn:aws:iam::0:role/w",
                 "AWS_ENDPOINT_URL_STS" => sts.endpoint, "AWS_ENDPOINT_URL" => "http://127.0.0.1:#{proxy.port}")
      expect(version(uri)).to eq(0)
      expect(sts.requests.map(&:form)).to match([include("Action" => "AssumeRoleWithWebIdentity",
                                                         "WebIdentityToken" => "identity")])
      expect(sts.requests.first.headers).not_to include("authorization")
      expect(proxy.requests.map(&:key_id).uniq).to eq(["ASIAWEB"])
    ensure
      sts&.stop
    end
  end
end
