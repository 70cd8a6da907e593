# frozen_string_literal: true

require "English"

# Objects of Ruby's that give credentials.
RSpec.describe "storage: { credentials: }" do
  schema = DeltaLake::Schema.from({ id: :long })
  right = { access_key_id: Servers::S3::KEY, secret_access_key: Servers::S3::SECRET }.freeze

  # As those of Amazon's SDK: static ones give themselves.
  static = Struct.new(:access_key_id, :secret_access_key, :session_token) do
    def credentials = self

    def inspect = "#<static>"
  end
  # And others are renewed.
  renewed = Class.new do
    attr_reader :credentials, :expiration, :refreshes

    def initialize(&make)
      @make = make
      @refreshes = 0
      refresh!
    end

    def refresh!
      @refreshes += 1
      @credentials, @expiration = @make.call(@refreshes)
    end
  end

  around { |example| in_environment { example.run } }

  on_stores(:seaweedfs) do
    let(:proxy) { FaultProxy.new(server.port) }
    let(:place) { { region: "us-east-1", endpoint: "http://127.0.0.1:#{proxy.port}", allow_http: true } }
    let!(:table) { DeltaLake.create(uri, schema: schema, storage: storage) }

    after { proxy.stop }

    def opened(provider, **more)
      DeltaLake.open(uri, storage: place.merge(credentials: provider, **more))
    end

    it "takes objects of Amazon's SDK as they are, and what returns a Hash" do
      keys = static.new(*right.values)
      [keys, renewed.new { [keys, Time.now + 3600] }, -> { right }, right.method(:itself),
       -> { right.merge(expires_at: Time.now + 3600) }, -> { right.transform_keys(&:to_s).merge("expiration" => nil) },
       lambda {
         { "Version" => 1, "AccessKeyId" => right[:access_key_id], "SecretAccessKey" => right[:secret_access_key],
           "Expiration" => (Time.now + 3600).utc.iso8601 }
       }, -> { keys },
       -> { right.transform_values(&:b).merge(expires_at: 1e30) }].each do |provider|
        expect(opened(provider).version).to eq(0)
      end
    end

    it "asks once as long as they last, for all that is done with tables" do
      asked = 0
      provider = -> { (asked += 1) && right.merge(expires_at: Time.now + 3600) }
      table = opened(provider)
      expect(3.times.map { opened(provider).version }).to eq([0, 0, 0])
      table.append([{ id: 1 }, { id: 2 }])
      expect(table.refresh.to_a).to eq([{ id: 1 }, { id: 2 }])
      expect(asked).to eq(1)
    end

    it "asks again before they are over" do
      asked = 0
      table = opened(-> { (asked += 1) && right.merge(expires_at: Time.now + (asked == 1 ? 1 : 3600)) })
      # What is given with a second to go is used for that long at most.
      sleep(0.05) until table.refresh && asked > 1
      table.refresh
      expect(asked).to eq(2)
    end

    it "asks once more where the store says that they are over, in the middle of a scan and of an append" do
      DeltaLake.open(uri, storage: storage).append((0...50).map { |n| { id: n } })
      old = static.new("old", "secretofold")
      provider = renewed.new { |n| [n == 1 ? old : static.new(*right.values), Time.now + 3600] }
      proxy.judge = ->(request) { :expired if request.key_id == "old" }
      expect(opened(provider).count).to eq(50)
      expect(provider.refreshes).to eq(2)

      keys = right
      asked = 0
      table = opened(-> { (asked += 1) && keys })
      lost = false
      # From the first object of data on, until it is asked again.
      proxy.judge = ->(request) { (lost ||= request.target.include?(".parquet")) && asked < 2 ? :expired : nil }
      expect(table.append([{ id: 50 }]).version).to eq(2)
      expect(asked).to eq(2)
      lost = false
      asked = 1
      expect(table.to_a.size).to eq(51)
      expect(asked).to eq(2)
    end

    it "gives up where the store goes on saying so" do
      asked = 0
      proxy.judge = ->(_) { :expired }
      provider = -> { (asked += 1) && { access_key_id: "gone", secret_access_key: "secretgone" } }
      expect { opened(provider) }.to raise_error(DeltaLake::PermissionDeniedError, /refused.*ExpiredToken/) { |e|
        expect(e.full_message).not_to include("secretgone")
      }
      expect(asked).to be_between(2, 4)
    end

    it "says what the object raised, and shows no secret" do
      secret = "s3cr3ts3cr3t"
      {
        -> { raise IOError, "the vault is shut" } => /raised IOError: the vault is shut/,
        -> { raise NotImplementedError, "bad" } => /raised NotImplementedError: bad/,
        -> { exit } => /raised SystemExit/,
        -> { Thread.current.kill } => /thread that somebody ended/,
        -> { 5 } => /gave an object of Integer, and not a Hash with access_key_id/,
        -> {} => /gave nil/,
        -> { secret } => /gave an object of String/,
        -> { [secret] } => /gave an object of Array/,
        -> { {} } => /a Hash without credentials/,
        -> { { secret_access_key: secret } } => /gave no access_key_id/,
        -> { { access_key_id: "a" } } => /gave no secret_access_key/,
        -> { { access_key_id: "a", secret_access_key: [secret] } } => /an object of Array for secret_access_key/,
        -> { { access_key_id: "", secret_access_key: secret } } => /an empty text for access_key_id/,
        -> { { access_key_id: "a", secret_acess_key: secret } } => /with the key "secret_acess_key"/,
        -> { { access_key_id: "a", secret_access_key: "#{secret}\xFF" } } => /odd characters for secret_access_key/,
        -> { right.merge(session_token: "ü") } => /odd characters for session_token/,
        -> { right.merge(expires_at: secret) } => /expires_at that is no time/,
        -> { right.merge(expires_at: Time.now - 10) } => /that were over at/,
        -> { { bearer_token: secret } } => /no access_key_id, which S3 takes/,
        renewed.new { [nil, nil] } => /they are nil/
      }.each do |provider, words|
        expect { opened(provider) }.to raise_error(DeltaLake::PermissionDeniedError, words) { |e|
          expect(e.full_message).not_to include(secret)
        }
      end
      expect { opened(-> { right.merge(session_token: "line\nline") }) }
        .to raise_error(DeltaLake::ConfigurationError, /line breaks or other odd characters/)
      expect(opened(-> { right }).version).to eq(0)
    end

    it "does not wait for ever for one that hangs, nor are others kept waiting" do
      hangs = -> { sleep }
      waiting = Thread.new { opened(hangs) }
      waiting.report_on_exception = false
      expect(opened(-> { right }).version).to eq(0)
      expect { opened(hangs, credentials_timeout: "200ms") }
        .to raise_error(DeltaLake::StorageUnavailableError, /did not answer in 200ms \(credentials_timeout\)/)
      expect { DeltaLake.open(uri, storage: place.merge(credentials: -> { sleep }), deadline: 0.2) }
        .to raise_error(DeltaLake::DeadlineExceededError, /given as credentials has not answered/)
      expect(waiting.kill.join(10)).to be(waiting)
    end

    it "is asked in a child after a fork, and by a thread that was killed" do
      table = opened(-> { right })
      expect(table.append([{ id: 1 }]).version).to eq(1)
      reader, writer = IO.pipe
      pid = fork do
        writer.puts(table.refresh.append([{ id: 2 }]).version)
        writer.flush
      ensure
        exit!
      end
      Process.wait(pid)
      expect(reader.gets).to eq("2\n")
      Thread.list.select { |thread| thread.name == "deltalake credentials" }.each { |thread| thread.kill.join }
      other = opened(-> { right })
      Thread.list.select { |thread| thread.name == "deltalake credentials" }.each { |thread| thread.kill.join }
      expect(other.refresh.to_a.size).to eq(2)
    end

    it "is asked in a child that was forked while it was being asked in the parent" do
      asking = Queue.new
      answer = Queue.new
      parent = $PID
      provider = lambda do
        if $PID == parent
          asking << true
          answer.pop
        end
        right
      end
      waiting = Thread.new { opened(provider).version }
      asking.pop
      reader, writer = IO.pipe
      pid = fork do
        writer.puts(opened(provider).version)
        writer.flush
      ensure
        exit!
      end
      Process.wait(pid)
      writer.close
      expect(reader.read).to eq("0\n")
      answer << true
      expect(waiting.value).to eq(0)
    end

    it "is asked by one thread at a time" do
      lock = Mutex.new
      asked = 0
      provider = lambda do
        raise "two at once" unless lock.try_lock

        asked += 1
        sleep(0.05)
        lock.unlock
        right
      end
      # Other options are another client, with credentials of its own.
      threads = Array.new(4) { |n| Thread.new { opened(provider, credentials_timeout: 30 + n).version } }
      expect(threads.map(&:value)).to eq([0] * 4)
      expect(asked).to eq(4)
    end

    it "does not keep the process from ending" do
      script = <<~RUBY
        require "deltalake"
        table = DeltaLake.open(#{uri.dump}, storage: #{place.inspect}.merge(credentials: -> { #{right.inspect} }))
        puts table.version
      RUBY
      lib = File.expand_path("../../lib", __dir__)
      expect(IO.popen(["ruby", "-I", lib, "-e", script], err: %i[child out], &:read)).to eq("0\n")
      expect($CHILD_STATUS).to be_success
    end

    it "keeps an object as long as something needs it" do
      kept = DeltaLake::Storage::Providers
      GC.start
      opened(-> { right })
      before = kept.size
      20.times { opened(-> { { access_key_id: "a", secret_access_key: "b" } }) rescue DeltaLake::Error } # rubocop:disable Style/RescueModifier
      20.times { DeltaLake.open(uri, storage: { credentials: -> {}, regoin: 1 }) rescue DeltaLake::Error } # rubocop:disable Style/RescueModifier
      GC.start
      opened(-> { right })
      expect(kept.size).to be < before + 10
    end

    it "holds for all tables by default, behind what is given" do
      DeltaLake.configure { |c| c.storage = { s3: place.merge(credentials: -> { right }) } }
      expect(DeltaLake.open(uri).version).to eq(0)
      expect { DeltaLake.open(uri, storage: { access_key_id: "x", secret_access_key: "y" }) }
        .to raise_error(DeltaLake::PermissionDeniedError)
      DeltaLake.configuration.storage = {}
      DeltaLake.configuration.storage_profiles = { warehouse: place.merge(credentials: -> { right }) }
      expect(DeltaLake.open(uri, storage: :warehouse).version).to eq(0)
      named = { uri: uri, storage: place.merge(credentials: -> { right }) }
      DeltaLake.configuration.tables = { one: named, two: { uri: uri, storage: :warehouse } }
      expect([DeltaLake.open(:one).version, DeltaLake.open(:two).version]).to eq([0, 0])
    ensure
      DeltaLake.configuration.tables = {}
      DeltaLake.configuration.storage_profiles = {}
      DeltaLake.configuration.storage = {}
    end

    it "is one of its own among options" do
      expect do
        opened(5)
      end.to raise_error(DeltaLake::ConfigurationError, /credentials .*object with credentials, or a proc/)
      expect { opened("text") }.to raise_error(DeltaLake::ConfigurationError, /object with credentials, or a proc/)
      expect { opened(Object.new) }.to raise_error(TypeError, /got Object for :credentials/)
      expect { DeltaLake.open(uri, storage: place.merge(region: -> {})) }
        .to raise_error(DeltaLake::ConfigurationError, /region .*takes no object/)
      expect { opened(-> { right }, **right) }.to raise_error(DeltaLake::ConfigurationError, /exclude each other/)
      expect { DeltaLake.open("az://c/t", storage: { account_name: "a", account_key: "a2V5", credentials: -> {} }) }
        .to raise_error(DeltaLake::ConfigurationError, /credentials and account_key exclude each other/)
      expect(DeltaLake.storage_keys.find { |key| key.name == :credentials })
        .to have_attributes(kind: :object, stores: %i[s3 azure google])
    end
  end

  on_stores(:s3) do
    it "assumes a role with what it is given" do
      DeltaLake.create(uri, schema: schema, storage: storage)
      sts = Servers::Metadata.new(token: "roletoken")
      options = { region: "us-east-1", endpoint: server.endpoint, sts_endpoint: sts.endpoint,
                  role_arn: "arn:aws:iam::0:role/r", credentials: -> { right } }
      expect(DeltaLake.open(uri, storage: options).version).to eq(0)
      expect(sts.requests.map { |request| request.headers["authorization"] })
        .to match([a_string_including("Credential=#{Servers::S3::KEY}/")])
    ensure
      sts&.stop
    end
  end

  on_stores(:dynamodb) do
    it "is asked for DynamoDB's sake too" do
      asked = 0
      provider = -> { (asked += 1) && right.merge(expires_at: Time.now + 3600) }
      options = storage.reject { |key, _| key.match?(/access_key/) }.merge(credentials: provider)
      table = DeltaLake.create(uri, schema: schema, storage: options)
      expect(table.append([{ id: 1 }]).version).to eq(1)
      expect(server.entries(uri).size).to eq(2)
      expect(asked).to eq(1)
    end
  end

  on_stores(:dynamodb) do
    it "is asked once more where DynamoDB says that they are over" do
      DeltaLake.create(uri, schema: schema, storage: storage)
      proxy = FaultProxy.new(server.port)
      # Requests that are on their way together may each be refused, and each asks once: here only one is.
      first = [true]
      proxy.judge = ->(request) { :no_longer if request.key_id == "old" && first.pop }
      asked = 0
      provider = -> { (asked += 1) == 1 ? { access_key_id: "old", secret_access_key: "old" } : right }
      options = storage.reject { |key, _| key.match?(/access_key/) }
                       .merge("dynamodb_endpoint" => "http://127.0.0.1:#{proxy.port}", credentials: provider)
      expect(DeltaLake.open(uri, storage: options).append([{ id: 1 }]).version).to eq(1)
      expect(asked).to eq(2)
    ensure
      proxy&.stop
    end
  end

  it "takes tokens and signatures for Azure" do
    store = Servers::Metadata.new
    store.spoilt = { "/" => 404 }
    ask = lambda do |given|
      options = { endpoint: store.endpoint, account_name: "account", credentials: -> { given } }
      DeltaLake.open("az://container/table", storage: options)
    end
    [{ bearer_token: "bearer1" }, { sas_token: "?sv=1&sig=a%2Bb" }].each do |given|
      expect { ask.call(given) }.to raise_error(DeltaLake::ConfigurationError, /no bucket or container/)
    end
    expect(store.requests.map { |request| request.headers["authorization"] }.uniq).to eq(["Bearer bearer1", nil])
    expect(store.requests.last.path).to include("sv=1&sig=a%2Bb")
    expect { ask.call(right) }.to raise_error(DeltaLake::PermissionDeniedError, /neither bearer_token nor sas_token/)
  ensure
    store&.stop
  end

  on_stores(:gcs) do
    let(:proxy) { FaultProxy.new(URI(server.endpoint).port) }

    after { proxy.stop }

    it "takes tokens for Google Cloud Storage, and asks again for one that is refused" do
      DeltaLake.create(uri, schema: schema, storage: storage)
      tokens = %w[token1 token2]
      asked = 0
      options = { endpoint: "http://127.0.0.1:#{proxy.port}", credentials: -> { { token: tokens[(asked += 1) - 1] } } }
      proxy.judge = ->(request) { :unauthorized if request.token == "token1" }
      expect(DeltaLake.open(uri, storage: options).version).to eq(0)
      expect(asked).to eq(2)
      expect(proxy.requests.map(&:token).uniq).to eq(tokens)
    end
  end
end
