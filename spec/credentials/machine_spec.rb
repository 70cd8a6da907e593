# frozen_string_literal: true

require "openssl"

RSpec.describe "credentials of machines" do
  schema = DeltaLake::Schema.from({ id: :long })
  let(:metadata) { Servers::Metadata.new }

  after { metadata.stop }

  around { |example| in_environment { example.run } }

  on_stores(:seaweedfs) do
    let(:place) { { endpoint: server.endpoint, region: "us-east-1" } }
    let!(:table) { DeltaLake.create(uri, schema: schema, storage: storage) }

    def version(**options)
      DeltaLake.open(uri, storage: place.merge(options), deadline: 60).version
    end

    it "are those of an instance's role, asked for in a session" do
      expect(version(metadata_endpoint: metadata.endpoint)).to eq(0)
      expect(metadata.requests.map { |request| "#{request.verb} #{request.path}" })
        .to eq(["PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/",
                "GET /latest/meta-data/iam/security-credentials/worker"])
    end

    it "of an instance without sessions are asked for without where that is wanted" do
      metadata.spoilt = { "/latest/api/token" => 403 }
      expect { version(metadata_endpoint: metadata.endpoint) }.to raise_error(DeltaLake::PermissionDeniedError, /403/)
      expect { version(metadata_endpoint: metadata.endpoint, imdsv1_fallback: true) }
        .to raise_error(DeltaLake::PermissionDeniedError, /401/)
    end

    it "are those of a container's role, with what its agent asks for" do
      ENV.update("AWS_CONTAINER_CREDENTIALS_FULL_URI" => "#{metadata.endpoint}/agent",
                 "AWS_CONTAINER_AUTHORIZATION_TOKEN" => "plain")
      expect(version).to eq(0)
      File.write(File.join(tmpdir, "token"), "filed\n")
      ENV["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = File.join(tmpdir, "token")
      expect(version).to eq(0)
      expect(metadata.requests.map { |request| request.headers["authorization"] }).to eq(%w[plain filed])
    end

    it "are not waited for where a container's agent is not there, or says no" do
      ENV["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1:1/agent"
      expect { version }.to raise_error(DeltaLake::StorageUnavailableError, %r{127.0.0.1:1/agent cannot be asked})
      metadata.spoilt = { "/agent" => 403 }
      ENV["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "#{metadata.endpoint}/agent"
      expect { version }.to raise_error(DeltaLake::PermissionDeniedError, %r{/agent answered 403})
    end

    it "are asked for once by a process, and again when they are soon over" do
      ENV["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "#{metadata.endpoint}/agent"
      metadata.keys[:seconds] = 2
      table = DeltaLake.open(uri, storage: place)
      sleep(0.05) until metadata.requests.size > 1 || !table.refresh
      metadata.keys[:seconds] = 3600
      sleep(0.05) until metadata.requests.size > 2 || !table.refresh
      expect(3.times.map { version }).to eq([0, 0, 0])
      expect(metadata.requests.size).to eq(3)
    end

    it "that nobody has are an error in a few seconds that says what was tried and what to set" do
      metadata.spoilt = { "/" => :silence }
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      expect { version(metadata_endpoint: metadata.endpoint, metadata_timeout: "200ms") }
        .to raise_error(DeltaLake::PermissionDeniedError) { |error|
              expect(error.message).to include(
                "there are no credentials", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
                File.join(tmpdir, ".aws", "credentials"), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "metadata service at #{metadata.endpoint} did not answer in 200ms", "set access_key_id", "anonymous"
              )
            }
      # Two tries, and not as long as stores are waited for.
      expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - began).to be < 30
      expect(metadata.requests.size).to eq(2)
      ENV["AWS_EC2_METADATA_DISABLED"] = "true"
      expect { version(metadata_endpoint: metadata.endpoint) }
        .to raise_error(DeltaLake::PermissionDeniedError, /switched off \(AWS_EC2_METADATA_DISABLED\)/)
      expect(metadata.requests.size).to eq(2)
    end

    it "are asked for past every proxy" do
      ENV["http_proxy"] = "http://127.0.0.1:9"
      expect { version(metadata_endpoint: metadata.endpoint, retries: 0) }
        .to raise_error(DeltaLake::StorageUnavailableError)
      expect(metadata.requests.size).to eq(3)
    end

    it "are not asked for where the table is public" do
      expect { version(anonymous: true, metadata_endpoint: metadata.endpoint) }
        .to raise_error(DeltaLake::PermissionDeniedError)
      expect(metadata.requests).to be_empty
    end
  end

  on_stores(:gcs) do
    let(:proxy) { FaultProxy.new(server.port) }
    let!(:table) { DeltaLake.create(uri, schema: schema, storage: storage) }

    after { proxy.stop }

    # What the store is asked with.
    def tokens(**options)
      DeltaLake.open(uri, storage: { endpoint: "http://127.0.0.1:#{proxy.port}", **options })
      proxy.requests.map(&:token).uniq
    end

    it "are those of Google's metadata service" do
      metadata.keys[:token] = "googletoken"
      ENV["GCE_METADATA_HOST"] = metadata.endpoint.delete_prefix("http://")
      expect(tokens).to eq(["googletoken"])
    end

    it "that nobody has are an error that says what was tried and what to set" do
      ENV.update("GCE_METADATA_HOST" => "127.0.0.1:1", "GCE_METADATA_IP" => "127.0.0.1:1")
      expect { tokens }
        .to raise_error(DeltaLake::PermissionDeniedError, /no credentials.*GOOGLE_APPLICATION_CREDENTIALS.*set one of/m)
    end

    it "are signed with the key of a service account, in the file that is named" do
      key = OpenSSL::PKey::RSA.new(2048)
      account = { type: "service_account", client_email: "a@example.com", private_key_id: "k1",
                  private_key: key.private_to_pem }
      ENV["GOOGLE_APPLICATION_CREDENTIALS"] = File.join(tmpdir, "account.json")
      File.write(ENV.fetch("GOOGLE_APPLICATION_CREDENTIALS"), JSON.generate(account))
      [{}, { service_account: account }].each do |options|
        head, claims, signature = tokens(**options).last.split(".")
        expect(key.verify("SHA256", signature.tr("-_", "+/").unpack1("m"), "#{head}.#{claims}")).to be(true)
        expect(JSON.parse(head.unpack1("m"))).to include("alg" => "RS256", "kid" => "k1")
      end
    end
  end

  describe "in Azure" do
    let(:store) { Servers::Metadata.new.tap { |server| server.spoilt = { "/" => 404 } } }

    before { metadata.keys[:token] = "azuretoken" }

    after { store.stop }

    def tokens(**options)
      options = { endpoint: store.endpoint, account_name: "account", **options }
      expect { DeltaLake.open("az://container/table", storage: options) }
        .to raise_error(DeltaLake::ConfigurationError, /no bucket or container/)
      store.requests.map { |request| request.headers["authorization"] }.uniq
    end

    it "are those of a managed identity" do
      endpoint = "#{metadata.endpoint}/metadata/identity/oauth2/token"
      expect(tokens(msi_endpoint: endpoint)).to eq(["Bearer azuretoken"])
    end

    it "that nobody has are an error that says what was tried and what to set" do
      options = { account_name: "account", msi_endpoint: "http://127.0.0.1:1/metadata/identity/oauth2/token" }
      expect { DeltaLake.open("az://container/table", storage: options.merge(endpoint: store.endpoint)) }
        .to raise_error(DeltaLake::PermissionDeniedError, /no credentials.*AZURE_STORAGE_ACCOUNT_KEY.*set one of/m)
    end

    it "are those of a workload's identity, by the variables that its webhook sets" do
      file = File.join(tmpdir, "token")
      File.write(file, "federated")
      ENV.update("AZURE_CLIENT_ID" => "client", "AZURE_TENANT_ID" => "tenant",
                 "AZURE_AUTHORITY_HOST" => metadata.endpoint, "AZURE_FEDERATED_TOKEN_FILE" => file)
      expect(tokens).to eq(["Bearer azuretoken"])
      expect(metadata.requests.map { |request| [request.path, request.form["client_assertion"]] })
        .to eq([["/tenant/oauth2/v2.0/token", "federated"]])
    end
  end
end
