# frozen_string_literal: true

require "etc"
require "open3"

RSpec.describe "file systems that refuse" do
  # Runs the block in a child that is nobody in particular, and gives what it returns as text.
  def unprivileged
    return yield.to_s unless Process.uid.zero?

    reader, writer = IO.pipe
    pid = fork do
      Process::Sys.setgid(Etc.getpwnam("nobody").gid)
      Process::Sys.setuid(Etc.getpwnam("nobody").uid)
      writer.write(yield.to_s)
    ensure
      exit!(true)
    end
    writer.close
    text = reader.read
    Process.wait(pid)
    text
  end

  def error_of
    yield
    "no error"
  rescue DeltaLake::Error => e
    "#{e.class}: #{e.message}"
  end

  it "say which folder cannot be written" do
    create_table.append(orders(1..1))
    File.chmod(0o755, tmpdir)
    FileUtils.chmod_R("a+rX,a-w", table_path)
    text = unprivileged { error_of { DeltaLake.open(table_path).append(orders(2..2)) } }
    expect(text).to match(/\ADeltaLake::PermissionDeniedError: .*#{Regexp.escape(table_path)}/)
    text = unprivileged { error_of { create_table(path: table_path("new")) } }
    expect(text).to match(/\ADeltaLake::PermissionDeniedError: .*#{Regexp.escape(table_path('new'))}/)
    expect(unprivileged { DeltaLake.open(table_path).count }).to eq("1")
  end

  it "say which folder cannot be read" do
    create_table
    File.chmod(0o755, tmpdir)
    File.chmod(0o000, File.join(table_path, "_delta_log"))
    expect(unprivileged { error_of { DeltaLake.open(table_path) } })
      .to match(/\ADeltaLake::PermissionDeniedError: .*#{Regexp.escape(table_path)}/)
  end

  it "say that a file is in the way" do
    File.write(table_path("file"), "")
    expect { create_table(path: table_path("file/table")) }
      .to raise_error(DeltaLake::StorageError, /#{Regexp.escape(table_path('file'))}/)
  end

  describe "a full disk" do
    let(:disk) { tmpdir.tap { |folder| @mounted ||= mount(folder) } }
    let(:path) { File.join(disk, "table") }
    let(:table) { create_table(path: path) }
    let(:noise) do
      Enumerator.new { |rows| 3000.times { |i| rows << { id: i, country: Random.bytes(500).unpack1("H*") } } }
    end

    after { Open3.capture2e("umount", tmpdir) if @mounted }

    def mount(folder)
      _, status = Open3.capture2e("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder)
      status.success? || skip("needs the right to mount a tmpfs")
    end

    def fill(path)
      File.open(path, "wb") { |file| (file.sync = true) && loop { file.write("x" * 512) } }
    rescue Errno::ENOSPC
      nil
    end

    it "fails, leaves nothing behind, and goes on once there is space" do
      expect { table.append(noise) }.to raise_error(DeltaLake::StorageError, /space/i)
      expect(versions_on_disk(path)).to eq([0])
      expect(strays(path)).to eq([])
      expect(Dir.glob("**/*", base: path).grep(/tmp|#/)).to eq([])
      expect(table.append(orders(1..3)).version).to eq(1)
      expect(DeltaLake.open(path).count).to eq(3)
    end

    it "never makes half a commit" do
      table.append(orders(1..1))
      fill(File.join(disk, "ballast"))
      expect { table.append(orders(2..2)) }.to raise_error(DeltaLake::StorageError, /space/i)
      expect(DeltaLake.open(path)).to have_attributes(version: 1, count: 1)
      File.delete(File.join(disk, "ballast"))
      expect(table.append(orders(2..2)).version).to eq(2)
      expect(table.count).to eq(2)
    end
  end
end
