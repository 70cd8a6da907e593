# frozen_string_literal: true

# The suite's own tools are what everything else in this folder leans on.
RSpec.describe "Servers of the suite" do
  on_every_store do
    let(:folder) { SecureRandom.hex(8) }

    it "keep objects of any name, and list them all" do
      keys = Array.new(10) { |i| "#{folder}/many/#{i}" }
      keys.each { |key| server.put(key, "body of #{key}") }
      expect(server.keys(folder)).to match_array(keys)
      expect(keys.map { |key| server.get(key).force_encoding("UTF-8") }).to eq(keys.map { |key| "body of #{key}" })
      server.delete(keys.first)
      expect(server.keys(folder)).to match_array(keys.drop(1))
    end

    it "hold a table" do
      table = DeltaLake.create(uri, schema: { id: :long }, storage: storage)
      table.append([{ id: 1 }])
      expect(DeltaLake.open(uri, storage: storage).to_a).to eq([{ id: 1 }])
      expect(DeltaLake.table?(Servers.fresh(server_name), storage: storage)).to be(false)
    end
  end

  it "end, and leave nothing, when who started them is killed" do
    reader, writer = IO.pipe
    script = "require #{File.expand_path('../support/servers/all',
                                         __dir__).dump}; s = Servers::CloudStorage.new.start; " \
             "puts s.port, s.instance_variable_get(:@folder); $stdout.flush; sleep"
    pid = Process.spawn(RbConfig.ruby, "-e", script, out: writer)
    port, folder = Array.new(2) { reader.gets.chomp }
    Process.kill(:KILL, pid)
    Process.wait(pid)
    100.times { File.exist?(folder) ? sleep(0.02) : break }
    expect(File.exist?(folder)).to be(false)
    expect { TCPSocket.open("127.0.0.1", Integer(port)) }.to raise_error(Errno::ECONNREFUSED)
  end
end
