# frozen_string_literal: true

RSpec.describe "A writer that is killed", :native do
  schema = { writer: :string, batch: :long, row: :long }
  properties = { "delta.checkpointInterval" => 3, "delta.logRetentionDuration" => "interval 0 days" }

  def kill(rounds, path, seed)
    kills = Kills.new(path, Random.new(seed))
    kills.run(rounds) { expect(kills.wrong).to be_nil, "#{kills.wrong} (seed #{seed})" }
    expect(kills.wrong).to be_nil
    expect(kills.acknowledged.values).to all(be > 0)
  end

  { "classic" => false, "V2" => true }.each do |kind, v2|
    it "leaves a whole table, with checkpoints and cleanup under way (#{kind})" do
      create_table(schema, properties: properties)
      with_v2_checkpoints(table_path) if v2
      kill(6, table_path, RSpec.configuration.seed)
      expect(versions_on_disk.first).to be > 0
    end

    it "leaves a whole table, 250 times (#{kind})", :long do
      25.times do |table|
        path = table_path("table-#{table}")
        create_table(schema, path: path, properties: properties)
        with_v2_checkpoints(path) if v2
        kill(10, path, RSpec.configuration.seed + table)
        FileUtils.rm_rf(path)
      end
    end
  end
end
