# frozen_string_literal: true

require_relative "corpus"
require_relative "outcome"

# Every table of the corpus is read from commits, and from a checkpoint of ours with nothing else left of its log.
RSpec.describe "Checkpoints of tables of other engines" do
  next unless Conformance::Corpus.present?

  # What they have, nobody here knows how to carry over: they are not to be checkpointed.
  refused = { "golden-collations-preview-table" => "collations-preview" }
  struct_stats = { "delta.checkpoint.writeStatsAsStruct" => "true" }
  only_struct_stats = struct_stats.merge("delta.checkpoint.writeStatsAsJson" => "false")

  def log(folder)
    File.join(folder, "_delta_log")
  end

  def found(folder)
    table = DeltaLake.open(folder)
    said = Conformance.describe(table).except("version", "configuration")
    # A checkpoint leaves out transactions that have expired.
    said.delete("txns") if table.properties.key?("delta.setTransactionRetentionDuration")
    said.merge("stats" => table.files.to_h { |file| [file.path, stats(file)] }, "rows" => rows(table))
  end

  # Statistics as a struct have instants of microseconds, where the text had milliseconds.
  def stats(file)
    file.to_h.merge(stats: JSON.generate(file.stats).gsub(/(\.\d{3})000(?=Z?")/, '\1'))
  end

  def rows(table)
    table.to_a.map(&:inspect).sort
  rescue DeltaLake::Error => e
    e.class
  end

  # A commit that says nothing of files; a version has one checkpoint only, and these tables may have theirs.
  def commit(folder, properties)
    table = DeltaLake.open(folder)
    version = table.version + 1
    info = { operation: "NOTHING", timestamp: 1, inCommitTimestamp: (Time.now.to_f * 1000).to_i }
    lines = [{ commitInfo: info }]
    lines << { metaData: metadata(table, properties) } unless properties.empty?
    File.write(File.join(log(folder), format("%020d.json", version)), lines.map { |line| "#{line.to_json}\n" }.join)
  end

  def metadata(table, properties)
    { id: table.id, name: table.name, description: table.description, format: { provider: "parquet", options: {} },
      schemaString: table.schema.to_json, partitionColumns: table.partition_by,
      configuration: table.properties.merge(properties),
      createdTime: table.created_at && (table.created_at.to_r * 1000).to_i }.compact
  end

  # Leaves the checkpoint of that version, and its sidecars.
  def forget_all_but(folder, version)
    Dir[File.join(log(folder), "*")].each do |file|
      name = File.basename(file)
      File.delete(file) if name.match?(/\A\d/) && !name.start_with?(format("%020d.checkpoint", version))
    end
  end

  def copy(table)
    table.open do |source|
      folder = table_path
      FileUtils.cp_r(source, folder)
      FileUtils.chmod_R("u+w", folder)
      yield folder
    end
  end

  Conformance::Corpus.tables.each do |table|
    cases = table.cases.reject { |one| one["kind"] == "refuse" || one["version"] }
    next if cases.empty?

    it "#{table.name}: the same from the checkpoint alone" do
      copy(table) do |folder|
        before = found(folder)
      rescue DeltaLake::UnsupportedFeatureError => e
        skip "it cannot be read: #{e.message}"
      else
        [{}, struct_stats].each do |properties|
          commit(folder, properties)
          if refused.key?(table.name)
            expect { DeltaLake.open(folder).checkpoint }
              .to raise_error(DeltaLake::UnsupportedFeatureError, /#{refused[table.name]}/)
            next
          end
          done = DeltaLake.open(folder).checkpoint
          expect(done).not_to be_skipped
          forget_all_but(folder, done.version)
          expect(found(folder)).to eq(before), "with #{properties}"
        end
      end
    end

    next if refused.key?(table.name)

    it "#{table.name}: the same rows from a checkpoint with statistics as a struct only" do
      copy(table) do |folder|
        before = found(folder).except("stats")
      rescue DeltaLake::UnsupportedFeatureError => e
        skip "it cannot be read: #{e.message}"
      else
        commit(folder, only_struct_stats)
        done = DeltaLake.open(folder).checkpoint
        forget_all_but(folder, done.version)
        expect(found(folder).except("stats")).to eq(before)
      end
    end
  end
end
