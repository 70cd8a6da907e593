# frozen_string_literal: true

require "fileutils"
require "json"

# Tables with a change data feed, which this library reads and does not write.
module FeedHelper
  # A table whose feed is on from its first version.
  def create_feed(schema = TableHelper::ORDERS, path: table_path, **options)
    create_table(schema, path: path, **options)
    rewrite(0, path) do |action|
      action["metaData"]["configuration"]["delta.enableChangeDataFeed"] = "true" if action["metaData"]
      action
    end
    DeltaLake.open(path)
  end

  # Replaces the actions of a commit.
  def rewrite(version, path = table_path, &block)
    lines = actions(version, path).map { |action| JSON.generate(block.call(action)) }
    File.write(commit_file(version, path), "#{lines.join("\n")}\n")
  end

  # Adds a commit of those actions, and gives its version.
  def commit(*lines, path: table_path)
    version = versions_on_disk(path).last + 1
    File.write(commit_file(version, path), lines.map { |line| "#{JSON.generate(line)}\n" }.join)
    version
  end

  # The removal of a file that a version added.
  def removal(version, path = table_path, **more)
    add = actions(version, path).filter_map { |action| action["add"] }.first
    kept = add.slice("path", "partitionValues", "size")
    told = { "deletionTimestamp" => 0, "dataChange" => true, "extendedFileMetadata" => true }
    { remove: kept.merge(told, more.transform_keys(&:to_s)) }
  end

  # A change file of those rows, which have a :_change_type.
  def change_file(rows, schema = TableHelper::ORDERS, path: table_path)
    source = File.join(tmpdir, "changed-#{rows.hash}")
    made = create_table(schema.merge(_change_type: :string), path: source)
    made.append(rows)
    file = made.files.first
    name = "_change_data/cdc-#{File.basename(file.path)}"
    FileUtils.mkdir_p(File.join(path, "_change_data"))
    FileUtils.cp(File.join(source, file.path), File.join(path, name))
    { cdc: { path: name, partitionValues: {}, size: file.size, dataChange: false } }
  end
end

RSpec.configure { |config| config.include FeedHelper, :feed }
