# frozen_string_literal: true

require "fileutils"
require "json"

# Tables in the example's own folder.
module TableHelper
  ORDERS = { id: "long not null", country: :string, price: "decimal(12,2)" }.freeze

  def table_path(name = "table")
    File.join(tmpdir, name)
  end

  def create_table(schema = ORDERS, path: table_path, **options)
    DeltaLake.create(path, schema: schema, **options)
  end

  # A table of Delta's own fields and with those features, as another writer would have left it: its first commit is
  # written by hand. Features that readers must know too are told apart by name.
  def table_with_features(fields, features, path: table_path, partition_by: [], properties: {}, more: [])
    readers = features & %w[columnMapping deletionVectors timestampNtz typeWidening v2Checkpoint variantType]
    protocol = { minReaderVersion: readers.empty? ? 1 : 3, minWriterVersion: 7, writerFeatures: features }
    protocol[:readerFeatures] = readers unless readers.empty?
    metadata = { id: "table", format: { provider: "parquet", options: {} }, partitionColumns: partition_by,
                 schemaString: JSON.generate({ type: "struct", fields: fields }), configuration: properties,
                 createdTime: 0 }
    FileUtils.mkdir_p(File.join(path, "_delta_log"))
    lines = [{ protocol: protocol }, { metaData: metadata }, *more].map { |action| JSON.generate(action) }
    File.write(commit_file(0, path), lines.join("\n") << "\n")
    DeltaLake.open(path)
  end

  # A field as a schemaString has it.
  def delta_field(name, type, metadata = {}, nullable: true)
    { name: name, type: type, nullable: nullable, metadata: metadata }
  end

  def orders(ids)
    ids.map { |id| { id: id, country: %w[DE FR US][id % 3], price: BigDecimal(id) / 4 } }
  end

  # Gives a table that was just created V2 checkpoints. The gem makes no such tables yet.
  def with_v2_checkpoints(path = table_path)
    names = %w[v2Checkpoint appendOnly invariants]
    protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: names.take(1), writerFeatures: names }
    lines = File.readlines(commit_file(0, path)).map { |line| JSON.parse(line) }
    lines.each do |line|
      line["protocol"] &&= protocol
      line.dig("metaData", "configuration")&.store("delta.checkpointPolicy", "v2")
    end
    File.write(commit_file(0, path), lines.map { |line| "#{line.to_json}\n" }.join)
    DeltaLake.open(path)
  end

  # Parquet files below the table's folder.
  def files_on_disk(path = table_path)
    Dir.glob("**/*.parquet", base: path).reject { |file| file.start_with?("_delta_log") }.sort
  end

  # Data files that the log does not name, after a moment for what is still being cleaned up.
  def strays(path = table_path)
    100.times do
      found = files_on_disk(path) - DeltaLake.open(path).files.map(&:path).to_a
      return found if found.empty?

      sleep(0.02)
    end
    files_on_disk(path) - DeltaLake.open(path).files.map(&:path).to_a
  end

  def commit_file(version, path = table_path)
    File.join(path, "_delta_log", format("%<version>020d.json", version: version))
  end

  def versions_on_disk(path = table_path)
    Dir.children(File.join(path, "_delta_log")).grep(/\A\d{20}\.json\z/).map { |name| Integer(name[0, 20], 10) }.sort
  end

  def actions(version, path = table_path)
    File.readlines(commit_file(version, path)).map { |line| JSON.parse(line) }
  end
end

RSpec.configure { |config| config.include TableHelper }
