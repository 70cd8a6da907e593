# frozen_string_literal: true

RSpec.describe "A writer that is killed", :native do
  def kill(rounds, seed)
    DeltaLake.create(uri, storage: storage, schema: { writer: :string, batch: :long, row: :long },
                          properties: { "delta.checkpointInterval" => 3 })
    kills = Kills.new(uri, Random.new(seed), storage: storage)
    kills.run(rounds) { expect(kills.wrong).to be_nil, "#{kills.wrong} (seed #{seed})" }
    expect(kills.wrong).to be_nil
    expect(kills.acknowledged["other"]).to be > 0
  end

  on_every_store do
    it "leaves a whole table, with checkpoints under way" do
      kill(5, RSpec.configuration.seed)
    end

    it "leaves a whole table, 100 times", :long do
      kill(100, RSpec.configuration.seed)
    end
  end
end
