# frozen_string_literal: true

require_relative "../support/shuffled_listing"
require_relative "../support/spoilt_store"

# Few stores promise an order, and what changes while pages are made may come twice.
RSpec.describe "A store that lists in any order, and objects twice", :native do
  on_stores(:s3, :azure, :gcs) do
    include_context "with a store that fails"

    let(:random) { Random.new(RSpec.configuration.seed) }
    let(:listings) { [] }

    before do
      proxy.judge = lambda do |request|
        next unless ShuffledListing.asked?(request)

        ->(answer) { ShuffledListing.of(answer, random).tap { |other| listings << (other != answer) } }
      end
    end

    def log = server.keys("#{uri[%r{\A\w+://[^/]+/(.*)\z}, 1]}/_delta_log/")

    it "is read, written and kept up as any other" do
      table = DeltaLake.create(uri, schema:, storage: spoilt, properties: { "delta.checkpointInterval" => 1000 })
      12.times do |id|
        table.append([row(id)], once: "job-#{id}")
        table.checkpoint if id == 6
      end
      found = DeltaLake.open(uri, storage: unknown(spoilt))
      expect(found).to have_attributes(version: 12, count: 12)
      expect(found.pluck(:id).sort).to eq([*0..11])
      expect(found.history.map(&:version)).to eq([*0..12].reverse)
      expect(found.at(version: 9).pluck(:id).sort).to eq([*0..8])
      expect(DeltaLake.open(uri, storage: unknown(spoilt), version: 3).count).to eq(3)
      expect(found.append([row(3)], once: "job-3")).to be_skipped
      expect { DeltaLake.create(uri, schema:, storage: unknown(spoilt)) }.to raise_error(DeltaLake::TableExistsError)
      expect(found.checkpoint).to have_attributes(version: 12, files: 12)
      expect(found.clean_log.files).to eq(0)
      expect(log.grep(/\.json\z/).size).to eq(13)
      expect(ids(uri)).to eq([*0..11])
      expect(listings.count(true)).to be > 5
    end

    it "shows what others have written since" do
      table = DeltaLake.create(uri, schema:, storage: spoilt)
      other = DeltaLake.open(uri, storage:)
      20.times do |id|
        version = other.append([row(id)]).version
        expect(table.refresh.version).to eq(version)
        table.append([row(100 + id)]) if id.even?
      end
    end
  end
end
