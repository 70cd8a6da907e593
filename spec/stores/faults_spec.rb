# frozen_string_literal: true

require_relative "../support/spoilt_store"

# Each request of each operation goes wrong in each way, once or for good: what is told is the truth.
RSpec.describe "A store that fails", :native do
  on_stores(:s3, :azure, :gcs) do |store|
    include_context "with a store that fails"

    # What each does to a table of the rows 1 to 3, and what the table has then.
    let(:writes) do
      {
        append: [->(table) { table.append([row(4)]) }, [1, 2, 3, 4]],
        once: [->(table) { table.append([row(4)], once: "key") }, [1, 2, 3, 4]],
        overwrite: [->(table) { table.overwrite([row(9)], where: { id: 2..9 }) }, [1, 9]],
        alter: [->(table) { table.alter { |a| a.add_column(:note, :string) } }, [1, 2, 3]]
      }
    end
    let(:reads) do
      { open: ->(at) { DeltaLake.open(at, storage: spoilt).version },
        scan: ->(at) { DeltaLake.open(at, storage: spoilt).to_a.size } }
    end

    def create(at) = DeltaLake.create(at, schema:, storage: spoilt)

    # The rows where a checkpoint is all that holds the first ones.
    def without_commits(at)
      log = "#{at[%r{\A\w+://[^/]+/(.*)\z}, 1]}/_delta_log"
      2.times { |version| server.delete(format("#{log}/%020d.json", version)) }
      DeltaLake.open(at, storage: unknown(storage)).pluck(:id).sort
    end

    # Gives up soon what fails at once; what is only slow, on a busy machine, has time.
    def impatient = spoilt.update("retry_timeout" => "0.02", "read_timeout" => "5")

    # How many requests the call makes when nothing goes wrong.
    def requests_of
      proxy.clear
      yield
      proxy.requests.size
    end

    # The number of requests of a write, and then a table for each of them, opened with nothing wrong.
    def each_request_of(write)
      proxy.clear
      table = DeltaLake.open(fresh, storage: spoilt)
      requests_of { write.call(table) }.times do |number|
        at = fresh
        proxy.clear
        yield number, at, DeltaLake.open(at, storage: spoilt)
      end
    end

    faults = %i[throttled too_many failing before after done_and_failing stalled cut]
    faults.each do |fault|
      it "once, #{fault}, gets every write, and only once" do
        writes.each do |name, (write, expected)|
          each_request_of(write) do |number, at, table|
            spoil(fault, number)
            write.call(table)
            expect(ids(at)).to eq(expected), "#{name}, #{fault} at #{number} of #{proxy.requests.join("\n")}"
            expect(DeltaLake.open(at, storage:).version).to eq(3)
          end
        end
      end

      it "once, #{fault}, makes one table" do
        requests_of { create(Servers.fresh(server_name)) }.times do |number|
          at = Servers.fresh(server_name)
          spoil(fault, number)
          place = "#{fault} at #{number}"
          expect(create(at).append([row(1)]).version).to eq(1), place
          expect(ids(at)).to eq([1]), place
          expect { create(at) }.to raise_error(DeltaLake::TableExistsError), place
        end
      end

      it "once, #{fault}, writes a checkpoint that holds the table" do
        each_request_of(:checkpoint.to_proc) do |number, at, table|
          spoil(fault, number)
          place = "#{fault} at #{number} of #{proxy.requests.join("\n")}"
          expect(table.checkpoint).to have_attributes(version: 2, files: 2), place
          expect(without_commits(at)).to eq([1, 2, 3]), place
        end
      end

      it "once, #{fault}, gives every row" do
        reads.each do |name, read|
          at = fresh
          expected = nil
          requests_of { expected = read.call(at) }.times do |number|
            spoil(fault, number)
            expect(read.call(fresh)).to eq(expected), "#{name}, #{fault} at #{number}"
          end
        end
      end
    end

    it "for good is told as it is, and half a write is none" do
      impatient
      (server_name == :s3 ? %i[throttled before after denied skewed] : %i[after denied]).each do |fault|
        kind = %i[denied skewed].include?(fault) ? DeltaLake::PermissionDeniedError : DeltaLake::StorageUnavailableError
        writes.each do |name, (write, expected)|
          each_request_of(write) do |number, at, table|
            spoil(fault, number, for_good: true)
            told = error_of { write.call(table) }
            place = "#{name}, #{fault} from #{number} on: #{told.full_message(highlight: false)}"
            expect(told).to be_a(kind).or(be_a(DeltaLake::CommitOutcomeUnknownError)), place
            unknown = told.is_a?(DeltaLake::CommitOutcomeUnknownError)
            possible = unknown ? [[1, 2, 3], expected] : [[1, 2, 3]]
            expect(possible).to include(ids(at)), place
            expect(told.retryable?).to be(true), place if kind == DeltaLake::StorageUnavailableError && !unknown
          end
        end
      end
    end

    it "for good while a table is made leaves a whole one or none" do
      impatient
      %i[before after denied].each do |fault|
        kind = fault == :denied ? DeltaLake::PermissionDeniedError : DeltaLake::StorageUnavailableError
        requests_of { create(Servers.fresh(server_name)) }.times do |number|
          at = Servers.fresh(server_name)
          spoil(fault, number, for_good: true)
          told = error_of { create(at) }
          place = "#{fault} from #{number} on: #{told.full_message(highlight: false)}"
          unknown = told.is_a?(DeltaLake::CommitOutcomeUnknownError)
          expect(told).to be_a(kind).or(be_a(DeltaLake::CommitOutcomeUnknownError)), place
          expect(DeltaLake.table?(at, storage:)).to be(false).or(be(unknown)), place
          table = DeltaLake.create(at, schema:, storage:, if_exists: :open)
          expect(table).to have_attributes(version: 0, count: 0), place
        end
      end
    end

    it "for good while a checkpoint is written takes nothing away" do
      impatient
      %i[before after denied].each do |fault|
        kind = fault == :denied ? DeltaLake::PermissionDeniedError : DeltaLake::StorageUnavailableError
        each_request_of(:checkpoint.to_proc) do |number, at, table|
          spoil(fault, number, for_good: true)
          error = told { table.checkpoint }
          # The checksum is not missed, where it is all that could not be written.
          rest = proxy.requests.drop(number).map(&:target).grep_v(/crc\z/)
          expect(error).to rest.empty? ? be_nil : be_a(kind), "#{fault} from #{number} on: #{error.inspect}"
          expect(ids(at)).to eq([1, 2, 3])
          expect(DeltaLake.open(at, storage:).checkpoint.version).to eq(2)
          expect(without_commits(at)).to eq([1, 2, 3])
        end
      end
    end

    it "answers with another range than was asked for, and no row of it is believed" do
      at = Servers.fresh(server_name)
      random = Random.new(1)
      table = DeltaLake.create(at, schema: { a: :double, b: :double }, storage:)
      table.append(Array.new(120_000) { { a: random.rand, b: random.rand } })
      sum = table.select(:a).to_columns[:a].sum
      spoil(:ranged, 0, for_good: true)
      read = -> { DeltaLake.open(at, storage: spoilt).select(:a).to_columns[:a].sum }
      expect(&read).to raise_error(DeltaLake::StorageError, /believed/)
      proxy.clear
      expect(read.call).to eq(sum)
    end

    it "stalls, and a call still ends with its deadline or its thread" do
      table = DeltaLake.open(fresh, storage: spoilt.merge("read_timeout" => "60"))
      spoil(:stalled, 0, for_good: true)
      late = -> { table.append([row(4)], deadline: 0.3) }
      took = elapsed { expect(&late).to raise_error(DeltaLake::DeadlineExceededError) }
      expect(took).to be < 1.5
      thread = Thread.new { table.to_a }
      sleep(0.2)
      expect(elapsed { thread.kill.join }).to be < 0.4
    end

    it "is throttled among many writers, and each append is there once" do
      at = fresh
      lock = Mutex.new
      random = Random.new(7)
      proxy.judge = ->(_) { lock.synchronize { random.rand } < 0.3 ? :throttled : nil }
      writers = Array.new(4) do |writer|
        Thread.new do
          table = DeltaLake.open(at, storage: spoilt.merge("retry_timeout" => "60"))
          5.times { |n| table.append([row(10 + (writer * 5) + n)], deadline: 60) }
        end
      end
      writers.each(&:join)
      expect(ids(at)).to eq([1, 2, 3] + (10...30).to_a)
    end

    if store == :s3
      def unfinished
        server.request(:get, "/#{Servers::BUCKET}", query: { "uploads" => "" }).body.scan("<UploadId>").size
      end

      it "keeps no parts of a large upload that is given up" do
        table = DeltaLake.create("#{uri}-large", schema: { id: :long, blob: :binary },
                                                 storage: spoilt.merge("read_timeout" => "60"))
        random = Random.new(1)
        parts = 0
        seen = nil
        # The third part never arrives.
        proxy.judge = lambda do |request|
          next unless request.target.include?("partNumber=") && (parts += 1) == 3

          seen = unfinished
          :stalled
        end
        rows = Array.new(60) { |id| { id:, blob: random.bytes(1 << 19) } }
        expect { table.append(rows, deadline: 8) }.to raise_error(DeltaLake::DeadlineExceededError)
        expect(seen).to eq(1)
        100.times { unfinished.zero? ? break : sleep(0.05) }
        expect(unfinished).to eq(0)
        expect(server.keys("#{uri[%r{\w+/table\z}]}-large/").grep(/parquet/)).to be_empty
      end
    end

    it "has no such bucket, and says so" do
      spoil(:no_bucket, 0, for_good: true)
      refusal = ->(error) { expect(error.message).to match(/no bucket or container/) }
      expect { DeltaLake.open(Servers.fresh(server_name), storage: spoilt) }
        .to raise_error(DeltaLake::ConfigurationError, &refusal)
    end
  end

  it "is not there at all, which is told soon and can be tried again" do
    address = "s3://bucket/table"
    storage = { endpoint: "http://127.0.0.1:1", access_key_id: "a", secret_access_key: "b", retry_timeout: 0.2 }
    took = elapsed do
      expect { DeltaLake.open(address, storage:) }.to raise_error(DeltaLake::StorageUnavailableError) { |error|
        expect(error).to be_retryable
        expect(error.message).to match(/127\.0\.0\.1:1.*tries/m)
      }
    end
    expect(took).to be < 2
  end
end
