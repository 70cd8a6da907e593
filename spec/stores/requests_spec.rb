# frozen_string_literal: true

require_relative "../support/servers/recorder"
require_relative "../support/stores"

# What goes over the wire, counted there: a request is time, and money.
RSpec.describe "requests to a store" do
  on_stores(:s3) do
    let(:recorder) { Servers::Recorder.new(server.port).start }
    # The same store at an address of its own: nothing that this process knows of the table is known of it there.
    let(:recorded) { storage.merge("aws_endpoint" => "http://127.0.0.1:#{recorder.port}") }
    let(:schema) { { id: :long, part: :string } }

    before { DeltaLake.configure { |config| config.checkpoints = :manual } }

    after do
      recorder.stop
      DeltaLake.configure { |config| config.checkpoints = :background }
    end

    def rows(count, part = "a") = Array.new(count) { |n| { id: n, part: } }

    # A table of so many appends of one file.
    def written(appends, partition_by: [])
      DeltaLake.create(uri, schema:, partition_by:, storage:).tap { |table| appends.times { table.append(rows(3)) } }
    end

    def asked
      recorder.take
      yield
      recorder.take.first
    end

    # So many requests at a time, and the rest in any way.
    def in_turns(*sizes, rest: 0, &work)
      recorder.hold(*sizes)
      requests = asked(&work)
      expect(recorder.held).to be_empty, "not at once: #{requests.join("\n")}"
      expect(requests.size).to eq(sizes.sum + rest), requests.join("\n")
    end

    def kinds(requests) = requests.map(&:kind).tally

    it "opens a table that is new to the process with the hint, one listing and each commit, the first two at once" do
      written(4)
      requests = asked { DeltaLake.open(uri, storage: recorded) }
      expect(kinds(requests)).to eq(get: 1 + 5, list: 1)
      expect(requests.first(2).map(&:target)).to contain_exactly(a_string_ending_with("_last_checkpoint"),
                                                                 a_string_including("list-type"))
    end

    it "opens it from a checkpoint with the hint, one listing, the checkpoint and each commit since" do
      table = written(4)
      table.checkpoint
      2.times { table.append(rows(3)) }
      requests = asked { DeltaLake.open(uri, storage: recorded) }
      expect(kinds(requests)).to eq(get: 1 + 1 + 2, list: 1)
      expect(requests.map(&:target)).to include(a_string_ending_with("4.checkpoint.parquet"))
    end

    it "opens one that is known with one listing, and what others have committed" do
      written(4)
      DeltaLake.open(uri, storage: recorded)
      expect(kinds(asked { DeltaLake.open(uri, storage: recorded) })).to eq(list: 1)
      DeltaLake.open(uri, storage:).append(rows(1))
      expect(kinds(asked { DeltaLake.open(uri, storage: recorded) })).to eq(list: 1, get: 1)
    end

    it "opens one that this process has appended to with one listing, and reads its own commits nowhere" do
      written(1)
      table = DeltaLake.open(uri, storage: recorded)
      3.times { table.append(rows(1)) }
      requests = asked { expect(DeltaLake.open(uri, storage: recorded).version).to eq(4) }
      expect(kinds(requests)).to eq(list: 1)
      expect(kinds(asked { table.refresh })).to eq(list: 1)
    end

    it "finds out with two requests that there is no table" do
      requests = asked do
        expect { DeltaLake.open(uri, storage: recorded) }.to raise_error(DeltaLake::TableNotFoundError)
      end
      expect(kinds(requests)).to eq(get: 1, list: 1)
    end

    it "appends to a held table with a put for each file and one for the commit, on connections that are there" do
      written(1, partition_by: [:part])
      table = DeltaLake.open(uri, storage: recorded)
      table.append(rows(3))
      recorder.take
      commit = table.append(rows(3))
      requests, connections = recorder.take
      expect([kinds(requests), connections]).to eq([{ put: 2 }, 0])
      expect(requests.map(&:target)).to match([a_string_including("part%3Da"), a_string_including("_delta_log")])
      expect(commit.metrics[:requests]).to include(put: 2, get: 0, list: 0, head: 0)
      # A look whether somebody has done it, before anything is written.
      expect(kinds(asked { table.append(rows(3), once: "x") })).to eq(list: 1, put: 2)
      many = %w[a b c d e].flat_map { |part| rows(2, part) }
      expect(kinds(asked { table.append(many) })).to eq(put: 5 + 1)
    end

    it "asks once a process whether a bucket keeps to conditional puts" do
      server.create_bucket("new-#{SecureRandom.hex(4)}".tap { |bucket| @bucket = bucket })
      first = server.uri("a", @bucket)
      DeltaLake.create(first, schema:, storage: recorded)
      expect(recorder.take.first.count { |r| r.target.include?(".conditional-put") }).to eq(2)
      DeltaLake.create(server.uri("b", @bucket), schema:, storage: recorded).append(rows(1))
      expect(recorder.take.first.map(&:target).grep(/conditional-put/)).to be_empty
    end

    it "scans small files with one request each, and reads the log no second time" do
      written(5)
      table = DeltaLake.open(uri, storage: recorded)
      requests = asked { expect(table.to_a.size).to eq(15) }
      expect(kinds(requests)).to eq(get: 5)
      expect(requests.map(&:target)).to all(end_with(".parquet"))
      expect(asked { expect(table.count).to eq(15) }).to be_empty
      expect(table.explain[:requests]).to include(get: 0, list: 0)
      expect(table.explain(analyze: true)).to include(rows: 15, requests: a_hash_including(get: 5))
    end

    context "with what does not wait for what" do
      it "opens a table in two turns" do
        table = written(3)
        table.checkpoint
        4.times { table.append(rows(1)) }
        in_turns(2, 1 + 4) { DeltaLake.open(uri, storage: recorded) }
        in_turns(1) { DeltaLake.open(uri, storage: recorded) }
      end

      it "appends in two turns, and asks what has to be known of the bucket beside the first rows" do
        server.create_bucket("new-#{SecureRandom.hex(4)}".tap { |bucket| @bucket = bucket })
        at = server.uri("a", @bucket)
        DeltaLake.create(at, schema:, partition_by: [:part], storage:)
        table = DeltaLake.open(at, storage: recorded)
        in_turns(3, 1) { table.append(rows(1)) }
        in_turns(3, 1) { table.append(rows(1, "a") + rows(1, "b") + rows(1, "c")) }
      end

      it "scans many small files in as few turns as 64 at a time make" do
        DeltaLake.create(uri, schema:, partition_by: [:part], storage:)
                 .append(Array.new(70) { |n| { id: n, part: "p#{n}" } })
        table = DeltaLake.open(uri, storage: recorded)
        in_turns(64, rest: 6) { expect(table.to_a.size).to eq(70) }
      end
    end

    context "with a wide file of some ten megabytes" do
      let(:columns) { Array.new(24) { |n| :"c#{n}" } }
      let(:table) { DeltaLake.open(uri, storage: recorded) }

      before do
        random = Random.new(1)
        wide = DeltaLake.create(uri, schema: columns.to_h { |name| [name, :double] }, storage:)
        wide.append(Array.new(60_000) { columns.to_h { |name| [name, random.rand] } })
        expect(wide.files.map(&:size).to_a).to match([be_between(9 << 20, 16 << 20)])
        table
      end

      it "reads columns with one request for the footer and one for each that is far from the others" do
        expect(kinds(asked { table.select(:c7).to_columns })).to eq(get: 1 + 1)
        expect(kinds(asked { table.select(:c7, :c8, :c10).to_columns })).to eq(get: 1 + 1)
        expect(kinds(asked { table.select(:c1, :c20).to_columns })).to eq(get: 1 + 2)
        read = table.select(:c7).explain(analyze: true)
        expect(read).to include(rows: 60_000, bytes_received: be < 1 << 20)
      end

      it "reads all of it in two pieces at once, and a count from the log alone" do
        in_turns(1, 2) { table.to_columns }
        expect(asked { table.count }).to be_empty
      end

      it "writes such a file in parts" do
        rows = table.to_columns.values.transpose.map { |values| columns.zip(values).to_h }
        table.append([{ c0: 1.0 }])
        # Begin, two parts, end, commit.
        expect(kinds(asked { table.append(rows) })).to eq(put: 1 + 2 + 1 + 1)
      end
    end
  end
end
