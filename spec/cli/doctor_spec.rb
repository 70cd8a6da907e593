# frozen_string_literal: true

require "deltalake/cli"
require "stringio"

RSpec.describe "deltalake doctor", :native do
  let(:table) { create_table }

  def examine(uri = table_path, **options)
    DeltaLake::Doctor.examine(uri, **options)
  end

  def finding(report, check, level = nil)
    found = report.findings.find { |one| one.check == check && (level.nil? || one.level == level) }
    expect(found).not_to be_nil, report.to_s
    found
  end

  def doctor(*arguments)
    out = StringIO.new
    err = StringIO.new
    code = DeltaLake::CLI.run(["doctor", *arguments], stdout: out, stderr: err)
    [code, out.string, err.string]
  end

  # The store's time of a file, so many seconds ago.
  def age(path, seconds)
    time = Time.now - seconds
    File.utime(time, time, File.join(table_path, path))
  end

  it "finds nothing wrong with a table that is well" do
    table.append(orders(0..2))
    report = examine
    expect(report).to be_healthy
    expect(report.findings.map { |found| [found.check, found.level] }.uniq)
      .to eq(%i[log clock store protocol files folder].map { |check| [check, :ok] })
    expect(finding(report, :protocol).message).to match(/version 1, reader 1, writer 2: can be read and written/)
    expect(finding(report, :files).figures).to include(files: 1, histogram: { "under 1 MB" => 1 })
    expect(finding(report, :log).figures).to include(commits: 2, after_checkpoint: 2)
    expect(doctor(table_path)).to match([0, /^ok +protocol +version 1/, ""])
  end

  it "tells small files apart, and says what to do" do
    DeltaLake.configure { |c| c.checkpoints = :manual }
    120.times { |i| table.append(orders(i..i)) }
    report = examine
    expect(report).to be_healthy
    expect(finding(report, :files, :advice)).to have_attributes(message: /120 files of .*: 120 under 1 MB/,
                                                                advice: /120 files are under 16\.0 MB/)
    expect(finding(report, :log, :advice)).to have_attributes(message: /121 commits and no checkpoint/)
    expect(finding(report, :checkpoint, :advice)).to have_attributes(message: /every 10 commits, and the newest is 121/)
    table.checkpoint
    after = examine
    log = finding(after, :log, :ok)
    expect(log.message).to match(/0 commits since the checkpoint of version 120, which is \d+ seconds old/)
    expect(after.findings.map(&:check)).not_to include(:checkpoint)
  ensure
    DeltaLake.configure { |c| c.checkpoints = :background }
  end

  it "counts what belongs to no version, and what older versions have" do
    table.append(orders(0..2))
    table.overwrite(orders(3..5))
    File.write(File.join(table_path, "part-old.parquet"), "x" * 1000)
    File.write(File.join(table_path, "part-young.parquet"), "x" * 10)
    FileUtils.mkdir_p(File.join(table_path, "country=DE"))
    File.write(File.join(table_path, "country=DE", "deep.parquet"), "x" * 500)
    FileUtils.mkdir_p(File.join(table_path, "_other"))
    File.write(File.join(table_path, "_other", "hidden"), "x")
    age("part-old.parquet", 8 * 86_400)
    age("country=DE/deep.parquet", 8 * 86_400)
    found = finding(examine, :folder, :advice)
    expect(found.figures).to include(complete: true, orphans: { files: 2, bytes: 1500 }, young: { files: 1, bytes: 10 },
                                     live: include(files: 1), kept: include(files: 1))
    expect(found.figures[:orphan_examples]).to contain_exactly("part-old.parquet", "country=DE/deep.parquet")
    expect(found.message).to match(/2 files \(1\.5 KB\) belong to no version .*, 1 file .* to older versions, 1 file/)
    some = finding(examine(most_objects: 2), :folder)
    expect(some.figures).to include(complete: false)
    expect(some.message).to include("the first 2 objects were looked at")
    expect(examine(most_objects: 0).findings.map(&:check)).not_to include(:folder)
  end

  it "knows the files of deletion vectors and of change feeds" do
    fed = create_table(path: table_path("fed"), properties: { "delta.enableChangeDataFeed" => true })
    fed.append(orders(0..9))
    fed.overwrite(orders(3..3), where: { id: 3 })
    expect(Dir.glob(table_path("fed/_change_data/*"))).not_to be_empty
    expect(finding(examine(table_path("fed")), :folder, :ok).figures).to include(orphans: include(files: 0),
                                                                                 young: include(files: 0))
  end

  it "says that files are gone" do
    table.append(orders(0..2))
    File.delete(File.join(table_path, files_on_disk.first))
    code, out, = doctor(table_path)
    expect([code, out]).to match([1, /^problem folder +1 file of the newest version gone, such as part.*\n +-> bring/])
  end

  it "goes on where the log is broken" do
    3.times { |i| table.append(orders(i..i)) }
    File.delete(commit_file(2))
    report = examine
    expect(finding(report, :log, :problem).message).to include("missing in the middle of the log: version 2")
    expect(finding(report, :table, :problem).message).to match(/version 2/)
    expect(finding(report, :store).level).to eq(:ok)
    File.write(commit_file(3), "{not json")
    FileUtils.cp(commit_file(1), commit_file(2))
    expect(finding(examine, :table, :problem).message).to match(/0+3\.json|version 3/)
  end

  it "takes no name for a reason to count to billions" do
    table.append(orders(0..0))
    File.write(commit_file(9_999_999_999), "")
    found = finding(examine, :log, :problem)
    expect(found.message).to include("in the middle of the log: versions 2, 3, 4, 5, 6, …")
    expect(found.figures[:missing_versions]).to eq([*2..101])
  end

  it "names what cannot be read, or written" do
    table_with_features([delta_field("id", "long")], %w[deletionVectors])
    lines = File.read(commit_file(0)).gsub("deletionVectors", "deletionVectorsOfTomorrow")
    File.write(commit_file(0), lines)
    found = finding(examine, :table, :problem)
    expect(found).to have_attributes(message: /deletionVectorsOfTomorrow/, advice: /newer version of this library/)
    written = lines.sub(/"readerFeatures":\[[^\]]*\]/, '"readerFeatures":[]')
    File.write(commit_file(0), written.gsub("deletionVectorsOfTomorrow", "unheardOf"))
    protocol = examine.findings.select { |one| one.check == :protocol }
    expect(protocol.map(&:level)).to eq(%i[ok problem problem])
    expect(protocol[1].message).to match(/cannot be appended to: .*unheardOf/)
  end

  it "says that there is no table" do
    code, out, = doctor(table_path("none"))
    expect(code).to eq(1)
    expect(out).to match(/problem log +there is no log/).and match(/problem table/)
  end

  it "compares the clock with the store's" do
    table
    age("_delta_log/#{File.basename(commit_file(0))}", -7300)
    expect(finding(examine, :clock, :problem)).to have_attributes(message: /2 hours from now/, advice: /NTP/)
  end

  it "gives all of it as JSON" do
    table.append(orders(0..2))
    code, out, = doctor(table_path, "--json", "--most", "10", "--deadline", "30")
    told = JSON.parse(out)
    expect([code, told["healthy"], told["table"]]).to eq([0, true, table_path])
    expect(told["findings"].map(&:keys)).to all(eq(%w[check level message advice figures]))
  end

  on_every_store do
    it "asks the store, and looks at its folders" do
      made = DeltaLake.create(uri, schema: { id: :long, day: :date }, partition_by: :day, storage:)
      made.append([{ id: 1, day: Date.new(2026, 1, 1) }])
      report = examine(uri, storage:)
      expect(report).to be_healthy, report.to_s
      expect(finding(report, :folder, :ok).figures).to include(complete: true, live: include(files: 1),
                                                               young: include(files: 0))
    end
  end

  on_stores(:s3) do
    it "says that a store cannot be reached, whatever it looks for" do
      nowhere = storage.merge(storage.keys.grep(/endpoint/).first => "http://127.0.0.1:1", "retry_timeout" => "1")
      report = examine(uri, storage: nowhere)
      expect(report.findings.map(&:level)).to all(eq(:problem))
      expect(report.findings.map(&:check)).to eq(%i[log store table])
      expect(report.problems.map(&:message)).to all(match(/127\.0\.0\.1|#{uri}/))
    end

    it "finds a store that does not keep to conditional puts" do
      DeltaLake.create(uri, schema: { id: :long }, storage:)
      proxy = ConditionsLost.new(server.port)
      key = server.storage.keys.grep(/endpoint/).first
      lost = server.storage.merge(key => server.storage[key].sub(server.endpoint, proxy.endpoint))
      expect(finding(examine(uri, storage: lost), :store, :problem).message).to match(/ignores the condition/)
    ensure
      proxy&.stop
    end
  end
end
