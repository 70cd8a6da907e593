# frozen_string_literal: true

require "deltalake/cli"
require "open3"
require "rbconfig"
require "stringio"

RSpec.describe "the command line", :native do
  # In this process: output, errors and exit code.
  def run(*arguments, stdin: "")
    out = StringIO.new
    err = StringIO.new
    code = DeltaLake::CLI.run(arguments, stdin: StringIO.new(stdin), stdout: out, stderr: err)
    [out.string, err.string, code]
  end

  def command(*arguments)
    [RbConfig.ruby, "-I", NativeHelper::LIB, File.expand_path("exe/deltalake"), *arguments]
  end

  let(:table) { create_table(partition_by: [:country], name: "orders", properties: { "delta.appendOnly" => true }) }

  before { table.append(orders(0..3)) }

  describe "show" do
    it "tells what a table is" do
      out, err, code = run("show", table_path)
      expect([err, code]).to eq(["", 0])
      facts = out.lines.map { |line| line.chomp.split("\t", 2) }
      expect(facts).to include(["uri", table_path], %w[name orders], %w[version 1], %w[partition_by country],
                               %w[rows 4], %w[files 3], %w[reader_version 1], %w[property delta.appendOnly=true])
    end

    it "tells what it was" do
      expect(run("show", table_path, "--version", "0").first).to include("version\t0\n", "rows\t0\n")
    end
  end

  it "schema lists the columns" do
    expect(run("schema", table_path)).to eq(["id\tlong\tnot null\ncountry\tstring\nprice\tdecimal(12,2)\n", "", 0])
    expect(DeltaLake::Schema.from_json(run("schema", "--json", table_path).first)).to eq(table.schema)
  end

  it "history lists the commits" do
    lines = run("history", table_path).first.lines.map { |line| line.chomp.split("\t") }
    expect(lines.map { |line| line.values_at(0, 2) }).to match([%w[1 WRITE], ["0", /CREATE/]])
    expect(lines.first[3]).to include("numOutputRows=4")
    json = run("history", "--json", "--limit", "1", table_path).first.lines.map { |line| JSON.parse(line) }
    expect(json).to match([include("version" => 1, "operation" => "WRITE")])
  end

  it "files lists the data files" do
    lines = run("files", table_path).first.lines.map { |line| line.chomp.split("\t") }
    expect(lines.map(&:first)).to match_array(files_on_disk)
    expect(lines.map(&:last)).to contain_exactly('{"country":"DE"}', '{"country":"FR"}', '{"country":"US"}')
    expect(run("files", table_path, "--where", "country=FR").first.lines.size).to eq(1)
  end

  describe "what goes wrong" do
    {
      "no command" => [[], 2, /a command is missing/],
      "an unknown command" => [%w[sow x], 2, /no command "sow"/],
      "no table" => [%w[show], 2, /show takes TABLE, got 0/],
      "an unknown option" => [%w[show --fast x], 2, /invalid option: --fast/],
      "a wrong number" => [%w[cat x --limit many], 2, /invalid argument: --limit many/],
      "a wrong time" => [%w[cat x --at noon], 2, /noon is not a time/],
      "a wrong storage option" => [%w[show x --storage key], 2, /KEY=VALUE/],
      "a missing table" => [%w[show /nonexistent/table], 3, %r{/nonexistent/table}]
    }.each do |name, (arguments, code, message)|
      it "#{name} ends with #{code} and one line" do
        out, err, ended = run(*arguments)
        expect([out, ended]).to eq(["", code])
        expect(err).to match(/\Adeltalake: #{message}/).or match(/\Adeltalake: .*#{message}/)
        expect(err.lines.size).to eq(1)
      end
    end

    {
      "a negative limit" => [%w[cat --limit -1], /limit must be from 0/],
      "a negative limit of commits" => [%w[history --limit -1], /limit must be from 0/],
      "an unknown column" => [%w[cat --columns nope], /no column nope/],
      "no column" => [["cat", "--columns", ""], /select needs names of columns/],
      "half a condition" => [["cat", "--sql", "id = "], /an expression is missing/],
      "half a condition of files" => [["files", "--sql", "id = "], /an expression is missing/],
      "a negative version" => [%w[show --version=-1], /version must be from 0/],
      "a version and a time" => [%w[cat --version 0 --at 2026-01-01T00:00:00Z], /version and at exclude each other/],
      "an unknown option of the store" => [%w[cat --storage zz=1], /storage option "zz"/],
      "one that the doctor gets" => [%w[doctor --storage zz=1], /storage option "zz"/],
      "no time to examine in" => [%w[doctor --deadline 0], /deadline must be more than 0/],
      "a range that is empty" => [%w[changes --from 1 --to 0], /no versions from 1 to 0/],
      "a time to compare with" => [%w[cat --where at>nope], /"at" of type timestamp cannot be compared/],
      "a map to compare with" => [%w[cat --where map=1], /"map" of type map<long,string> cannot be compared/]
    }.each do |name, ((command, *options), message)|
      it "#{name} is wrong usage, and ends with 2" do
        path = table_path("any")
        create_table({ id: :long, at: :timestamp, map: DeltaLake::Schema.map(:long, :string) }, path:)
          .append([{ id: 1 }])
        out, err, code = run(command, path, *options)
        expect([out, code]).to eq(["", 2]), err
        expect(err).to match(/\Adeltalake: .*#{message}.* \(deltalake --help tells how\)\n\z/)
      end
    end

    it "what the table cannot do, or does not take, ends with 1" do
      expect(run("changes", table_path, "--from", "0")).to match(["", /enableChangeDataFeed/, 1])
      expect(run("append", table_path, "-", stdin: %({"nope":1}\n))).to match(["", /nope/, 1])
    end

    it "a missing version ends with 3" do
      expect(run("show", table_path, "--version", "7").last).to eq(3)
    end

    it "a table that cannot be read ends with 1" do
      File.write(commit_file(1), "{")
      _, err, code = run("show", table_path)
      expect(code).to eq(1)
      expect(err).to match(/\Adeltalake: .*\n\z/)
    end

    it "what may succeed later ends with 4, and what is unknown with 5" do
      allow(DeltaLake).to receive(:open).and_raise(DeltaLake::StorageUnavailableError, "busy")
      expect(run("show", table_path)).to eq(["", "deltalake: busy\n", 4])
      allow(DeltaLake).to receive(:open).and_raise(DeltaLake::CommitOutcomeUnknownError, "who knows")
      expect(run("show", table_path).last).to eq(5)
      allow(DeltaLake).to receive(:open).and_raise(Interrupt)
      expect(run("show", table_path)).to eq(["", "", 130])
    end

    it "has a backtrace on request only" do
      ENV["DELTALAKE_DEBUG"] = "1"
      expect(run("show", "/nonexistent")[1].lines.size).to be > 3
    ensure
      ENV.delete("DELTALAKE_DEBUG")
    end
  end

  it "tells how to use it" do
    out, err, code = run("--help")
    expect([err, code]).to eq(["", 0])
    expect(out).to include("show", "schema", "history", "files", "cat", "append", "Exit codes:", "130")
    expect(run("--version").first).to eq("deltalake #{DeltaLake::VERSION}\n")
    DeltaLake::CLI::COMMANDS.each_key do |name|
      expect(run(name, "--help").first).to match(/\AUsage: deltalake #{name} TABLE.*--storage KEY=VALUE/m)
    end
  end

  describe "as a program" do
    it "runs" do
      out, err, status = Open3.capture3(*command("cat", table_path, "--columns", "id"))
      expect([err, status.exitstatus]).to eq(["", 0])
      expect(out.lines.map { |line| JSON.parse(line)["id"] }).to contain_exactly(0, 1, 2, 3)
      expect(Open3.capture3(*command("show", "/nonexistent")).last.exitstatus).to eq(3)
    end

    it "takes names in UTF-8 under any locale" do
      path = table_path("é")
      create_table({ id: :long, naïve: :string }, path:).append([{ id: 1, naïve: "é" }, { id: 2 }])
      { "C" => 2, "C.UTF-8" => 3 }.each do |locale, version|
        run = ->(*arguments, **given) { Open3.capture2e({ "LC_ALL" => locale }, *command(*arguments), **given) }
        [%w[--where naïve=é], ["--sql", "naïve = 'é'"]].each do |condition|
          out, status = run.call("cat", path, "--columns", "naïve", *condition)
          expect([out.force_encoding("UTF-8"), status.exitstatus]).to eq([%({"naïve":"é"}\n), 0])
        end
        rows = %({"id":3,"naïve":"ü"}\n)
        out, status = run.call("append", path, "-", "--once", "clé #{locale}", stdin_data: rows)
        expect([out, status.exitstatus]).to match([/\Aversion #{version}: 1 rows/, 0])
        expect(run.call("append", path, "-", "--once", "clé #{locale}", stdin_data: rows).first).to match(/nothing/)
        opened = "puts DeltaLake.open(ENV.fetch('TABLE')).version"
        expect(Open3.capture2e({ "LC_ALL" => locale, "TABLE" => path }, RbConfig.ruby, "-I", NativeHelper::LIB,
                               "-r", "deltalake", "-e", opened).first).to eq("#{version}\n")
      end
      expect(run("show", "\xFF")).to eq(["", "deltalake: an argument is not UTF-8 (deltalake --help tells how)\n", 2])
    end

    it "ends quietly when its reader goes away" do
      table.append(Array.new(20_000) { |id| { id: id, country: "XX" } })
      out, err, status = Open3.capture3("bash", "-c", '"$@" | head -n 1; echo "${PIPESTATUS[0]}"', "-",
                                        *command("cat", table_path))
      expect(status).to be_success
      expect(err).to eq("")
      expect(out.lines.last).to eq("141\n")
    end

    it "ends quietly at Ctrl-C" do
      reader, writer = IO.pipe
      Open3.popen3(*command("append", table_path, "-")) do |stdin, out, err, process|
        writer.close
        # More than a pipe holds: what is written has been read, so the command is at work.
        stdin.write(%({"id":1}\n) * 30_000)
        Process.kill(:INT, process.pid)
        expect([process.value.exitstatus, out.read, err.read]).to eq([130, "", ""])
      end
      expect(DeltaLake.open(table_path).version).to eq(1)
    ensure
      reader.close
    end

    it "shows progress on a terminal, and only there" do
      require "pty"
      lines = Array.new(60_000) { |id| %({"id":#{id},"country":"XX"}\n) }.join
      File.write(File.join(tmpdir, "rows.jsonl"), lines)
      output = +""
      PTY.spawn(*command("append", table_path, File.join(tmpdir, "rows.jsonl"))) do |terminal, _, pid|
        loop { output << terminal.readpartial(4096) }
      rescue Errno::EIO, EOFError
        Process.wait(pid)
      end
      expect(output).to match(/\r\e\[K[\d,]+ rows.*version 2: 60000 rows/m)
      _, err, = Open3.capture3(*command("cat", table_path), stdin_data: "")
      expect(err).to eq("")
    end
  end
end
