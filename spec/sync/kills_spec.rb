# frozen_string_literal: true

require "open3"
require "securerandom"

# Whatever becomes of runs, the next one ends with the target as the table is. In processes of their own: ActiveSupport
# changes classes of Ruby's.
RSpec.describe "Sync" do
  def missing(kind)
    case kind
    when "postgres" then Services::Postgres.missing
    when "redis" then Services::Redis.missing
    end
  end

  def place(kind)
    case kind
    when "postgres" then Services::Postgres.running.create_database("kills_#{SecureRandom.hex(4)}")
    when "redis" then Services::Redis.running.url
    when "sqlite", "upsert_all" then "sqlite3:#{tmpdir}/items.sqlite3"
    else File.join(tmpdir, "items")
    end
  end

  def play(kind, feed, rounds, kills)
    seen("play.rb", kind, feed, RSpec.configuration.seed + feed.sum, rounds, kills)
  end

  def seen(script, kind, *arguments)
    skip missing(kind) if missing(kind)
    out, err, status = Open3.capture3(RbConfig.ruby, "-I", NativeHelper::LIB, File.join(__dir__, script), kind,
                                      place(kind), tmpdir, *arguments.map(&:to_s))
    raise "#{arguments.inspect}: #{err}" unless status.success?

    JSON.parse(out)
  end

  # Where 1 % of the files change, 2 % of the rows are read.
  %w[postgres sqlite redis].each do |kind|
    it "brings a million rows to #{kind}, and 1 % of the files that change, though 50 runs are killed", :long do
      seen = seen("million.rb", kind, RSpec.configuration.seed, 1_000_000, 50)
      expect(seen["killed"]).to eq(50)
      expect(seen["rows_read"].drop(1)).to all(be <= 20_000)
    end
  end

  { "feed" => "changes", "no feed" => "difference" }.each do |feed, mode|
    %w[postgres sqlite upsert_all redis folder].each do |kind|
      it "brings #{kind} to where a table with #{feed} is, though runs are killed" do
        seen = play(kind, feed, 3, 6)
        expect(seen["modes"].keys & [mode, "full"]).not_to be_empty
        expect(seen["killed"]).to be >= 3
      end

      it "does so after 50 kills of #{kind}, with #{feed}", :long do
        seen = play(kind, feed, 25, 75)
        expect(seen["modes"]).to include(mode)
        expect(seen["killed"]).to be >= 50
      end
    end

    it "is right without kills, whatever is done to a table with #{feed}" do
      seen = play("folder", feed, 15, 0)
      expect(seen["modes"]).to include("full", mode => a_value > 7)
    end
  end
end
