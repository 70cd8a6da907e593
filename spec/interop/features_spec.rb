# frozen_string_literal: true

require_relative "every_type"
require_relative "python"

RSpec.describe "What others read of our rows in tables with features", :python do
  # What a table of every type is given besides, under a name that begins with that of the feature.
  plans = {
    "columnMapping by name" => { properties: { "delta.columnMapping.mode": "name" }, mapped: true },
    "columnMapping by id" => { properties: { "delta.columnMapping.mode": "id" }, mapped: true },
    "checkConstraints" => { properties: { "delta.constraints.known": "id IS NOT NULL" } },
    "invariants" => { metadata: { "delta.invariants" => '{"expression":{"expression":"id >= 0"}}' } },
    "generatedColumns" => { metadata: { "delta.generationExpression" => "twin" } },
    "identityColumns" => { metadata: { "delta.identity.start" => 0, "delta.identity.step" => 1,
                                       "delta.identity.allowExplicitInsert" => false } },
    "changeDataFeed" => { properties: { "delta.enableChangeDataFeed": "true" } },
    "deletionVectors" => { properties: { "delta.enableDeletionVectors": "true" } },
    # Polars takes partition values from folders' names, where these are not.
    "appendOnly, with random folders" => { properties: { "delta.randomizeFilePrefixes": "true" }, whole: true }
  }

  def fields(metadata: {}, mapped: false, **)
    all = JSON.parse(DeltaLake::Schema.from(EveryType::SCHEMA).to_json)["fields"]
    all[0]["metadata"] = metadata
    all << { "name" => "twin", "type" => "long", "nullable" => true, "metadata" => {} }
    mapped ? annotated(all, [0]) : all
  end

  # Physical names and ids at every level.
  def annotated(fields, last)
    fields.map do |field|
      id = last[0] += 1
      names = { "delta.columnMapping.id" => id, "delta.columnMapping.physicalName" => "col-#{id}" }
      field.merge("metadata" => field["metadata"].merge(names), "type" => annotated_type(field["type"], last))
    end
  end

  def annotated_type(type, last)
    return type unless type.is_a?(Hash)
    return type.merge("fields" => annotated(type["fields"], last)) if type["type"] == "struct"

    type.merge(type.slice("elementType", "keyType", "valueType").transform_values { |t| annotated_type(t, last) })
  end

  def physical(field)
    field["metadata"].fetch("delta.columnMapping.physicalName", field["name"])
  end

  def table(name, plan, partition_by)
    features = ["timestampNtz", name[/\A\w+/]]
    properties = plan.fetch(:properties, {})
    table_with_features(fields(**plan), features, partition_by: partition_by, properties: properties)
  end

  def rows
    EveryType.rows.map { |row| row.merge(twin: row[:id]) }
  end

  # Columns of the kinds that Polars and DuckDB know.
  def known(plan)
    fields(**plan).reject { |field| field["type"].is_a?(Hash) && field["name"] != "array" }
  end

  def engines(table, plan)
    lists = [known(plan).map { |field| field["name"] }, known(plan).map { |field| physical(field) }]
    python("engines.py", table.uri, *lists.map { |list| JSON.generate(list) })
  end

  def expect_engines(table, plan)
    engines(table, plan).each do |found|
      apart = found["by"] == "duckdb" ? table.partition_by.map(&:to_s) : []
      there = known(plan).reject { |field| apart.include?(field["name"]) }
      some = rows.map { |row| row.slice(*there.map { |field| field["name"].to_sym }) }
      expect(found["rows"]).to eq(CanonicalRows.new({ "fields" => there }).lines(some))
    end
  end

  # Polars takes the text of a partition that is called as a folder of Hive's for none, so no texts.
  plans.each do |name, plan|
    (plan[:whole] ? [[]] : [[], %w[date timestamp]]).each do |partition_by|
      it "is every row of every type: #{name}, #{partition_by.empty? ? 'whole' : 'in partitions'}" do
        table = table(name, plan, partition_by)
        filled = plan.fetch(:metadata, {}).keys.any? { |key| key.match?(/generation|identity/) }
        table.append(filled ? rows.map { |row| row.except(:id) } : rows)
        read = python("read.py", table.uri, *("--query" if name.match?(/Mapping|Vectors/))).first
        expect(read["rows"]).to eq(CanonicalRows.new({ "fields" => fields(**plan) }).lines(rows))
        expect(table.to_a).to match_array(rows)
        expect_engines(table, plan)
      end
    end
  end
end
