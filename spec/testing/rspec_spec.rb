# frozen_string_literal: true

# In a process of its own: it changes RSpec.
RSpec.describe "DeltaLake::Testing", :native do
  define_method(:examples) do |text|
    file = File.join(tmpdir, "user_spec.rb")
    File.write(file, "require 'deltalake/testing'\nRSpec.describe('a user') do\n#{text}\nend\n")
    arguments = ["--no-color", "--order", "defined", "--options", File::NULL, file]
    ruby("require 'rspec/core'; exit(RSpec::Core::Runner.run(#{arguments.inspect}))")
  end

  it "has stores in memory that are empty before each example" do
    ended = examples(<<~'RUBY')
      let(:uri) { "memory://test/orders" }
      2.times do |i|
        it "begins with nothing #{i}" do
          expect(DeltaLake.table?(uri)).to be(false)
          table = DeltaLake.create(uri, schema: { id: :long, day: :date }, partition_by: :day)
          expect(table.uri).to eq(uri)
          DeltaLake.open(uri).append([{ id: i, day: "2026-01-0#{i + 1}" }])
          expect(DeltaLake.open(uri).to_a).to eq([{ id: i, day: Date.new(2026, 1, i + 1) }])
          expect(table).to have_rows([{ id: i, day: Date.new(2026, 1, i + 1) }])
          expect(table.checkpoint.files).to eq(1)
          expect(DeltaLake.open(uri, version: 0).count).to eq(0)
        end
      end
      it "keeps tables apart by name and path" do
        %w[memory://a/t memory://b/t memory://a/u].each_with_index do |other, i|
          DeltaLake.create(other, schema: { id: :long }).append([{ id: i }])
        end
        expect("memory://a/t").to have_rows([{ id: 0 }])
        expect("memory://b/t").to have_rows([{ id: 1 }])
      end
      it "is whole under many threads" do
        DeltaLake.create(uri, schema: { id: :long })
        Array.new(4) { |t| Thread.new { table = DeltaLake.open(uri); 5.times { |i| table.append([{ id: t * 5 + i }]) } } }.each(&:join)
        expect(uri).to have_rows(Array.new(20) { |id| { id: id } })
      end
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to include("4 examples, 0 failures")
  end

  it "has matchers that show what is different" do
    ended = examples(<<~'RUBY')
      let(:table) do
        DeltaLake.create("memory://test/orders", schema: { id: :long, price: "decimal(9,2)", at: :timestamp, tags: [:string] })
                 .tap { |t| t.append([{ id: 1, price: "1.50", at: "2026-01-01T00:00:00Z", tags: ["a"] }, { id: 2 }]) }
      end
      it "passes" do
        expect(table).to have_rows([{ "id" => 2 }, { id: 1, price: 1.5, at: Time.utc(2026), tags: [:a] }])
        expect(table).to have_rows([{ id: 2 }, { id: be_odd, price: be_within(1).of(2), at: Time, tags: include("a") }])
        expect(table.where(id: 2).select(:id)).to have_rows([{ id: 2 }])
        expect(table).to include_rows([{ id: 2, price: nil }])
        expect(table).not_to include_rows([{ id: 3 }])
        expect(table).not_to have_rows([{ id: 2 }])
        expect(table.where(id: 9)).to have_rows([])
        expect([{ id: 1 }, { id: 1 }]).not_to have_rows([{ id: 1 }])
        expect([{ id: 3 }, { id: 9 }, { id: 4 }]).to have_rows([{ id: Integer }, { id: 1..5 }, { id: be_odd.and(be < 5) }])
        expect([{ id: 3 }, { id: 9 }, { id: 7 }]).not_to have_rows([{ id: Integer }, { id: 1..5 }, { id: be_odd.and(be < 5) }])
      end
      it "sees what another handle has written" do
        old = DeltaLake.open(table.uri)
        table.append([{ id: 3 }])
        expect(old).to include_rows([{ id: 3 }])
      end
      it("fails by a value") { expect(table.select(:id, :price)).to have_rows([{ id: 1, price: 2 }, { id: 2 }]) }
      it("fails by rows") { expect(table.select(:id)).to have_rows([{ id: 1 }, { id: 7 }, { id: 2 }]) }
      it("fails by more rows") { expect(table.select(:id)).to have_rows([{ id: 1 }]) }
      it("fails to include") { expect(table.select(:id)).to include_rows([{ id: 1 }, { id: 8 }]) }
      it("fails to have none") { expect(table.select(:id)).not_to include_rows([{ id: 1 }, { id: 8 }]) }
    RUBY
    expect(ended.out).to include("7 examples, 5 failures")
    expect(ended.out).to match(/~ .*1.*price: expected 2, got 0.15e1/)
    expect(ended.out).to match(/to have exactly these 3 rows, and has 2:\s+- .*7/)
    expect(ended.out).to match(/to have exactly these 1 rows, and has 2:\s+\+ .*2/)
    expect(ended.out).to match(/to include rows:\s+- .*8/)
    expect(ended.out).to include("not to include 2 rows, and it does")
  end

  it "makes requests fail" do
    ended = examples(<<~'RUBY')
      let(:uri) { "memory://test/orders" }
      let!(:table) { DeltaLake.create(uri, schema: { id: :long }) }
      def job(id, once: nil) = DeltaLake.open("memory://test/orders").append([{ id: id }], once: once)

      it "by a conflict" do
        DeltaLake::Testing.fail_next(:commit, with: :conflict)
        expect { job(1) }.to raise_error(DeltaLake::CommitConflictError) { |e|
          expect([e.kind, e.retryable?]).to eq([:metadata_changed, true])
        }
        expect(job(1).version).to eq(1)
        expect(table).to have_rows([{ id: 1 }])
      end
      it "by throttling, so often" do
        DeltaLake::Testing.fail_next(:commit, with: :throttling, times: 2)
        2.times { expect { job(1) }.to raise_error(DeltaLake::StorageUnavailableError, /503 Slow Down/) }
        job(1)
        expect(table).to have_rows([{ id: 1 }])
      end
      it "by an answer that is lost, which a commit finds out about" do
        commit = DeltaLake::Testing.fail_next(:commit, with: :lost_response) { job(1) }
        expect(commit.version).to eq(1)
        expect(table).to have_rows([{ id: 1 }])
      end
      it "so that nobody knows the outcome, and once: makes it good" do
        DeltaLake::Testing.fail_next(:commit, with: :unknown)
        expect { job(1, once: "x") }.to raise_error(DeltaLake::CommitOutcomeUnknownError)
        expect(job(1, once: "x")).to be_skipped
        DeltaLake::Testing.fail_next(:commit, with: :unknown) { expect { job(2) }.to raise_error(DeltaLake::Error) }
        job(2)
        expect(table).to have_rows([{ id: 1 }, { id: 2 }, { id: 2 }])
      end
      it "of data files and of the log" do
        job(1)
        DeltaLake::Testing.fail_next(:read, with: :denied)
        expect { table.refresh.to_a }.to raise_error(DeltaLake::PermissionDeniedError)
        DeltaLake::Testing.fail_next(:write, with: :throttling)
        expect { job(2) }.to raise_error(DeltaLake::StorageUnavailableError)
        DeltaLake::Testing.fail_next(:read_log, with: :throttling)
        expect { DeltaLake.open(uri, version: 1) }.to raise_error(DeltaLake::StorageUnavailableError)
        DeltaLake::Testing.fail_next(:checkpoint, with: :throttling)
        expect { table.checkpoint }.to raise_error(DeltaLake::StorageUnavailableError)
        expect(table).to have_rows([{ id: 1 }])
      end
      it "of one table" do
        other = DeltaLake.create("memory://test/other", schema: { id: :long })
        DeltaLake::Testing.fail_next(:commit, with: :conflict, table: other)
        job(1)
        expect { other.append([{ id: 1 }]) }.to raise_error(DeltaLake::CommitConflictError)
      end
      it "or says that they did not" do
        expect { DeltaLake::Testing.fail_next(:commit, with: :conflict) { 1 } }.to raise_error(/1 of 1 failures of commit/)
        expect(job(1).version).to eq(1)
        expect { DeltaLake::Testing.fail_next(:read, with: :conflict) }.to raise_error(ArgumentError, /only a commit/)
        expect { DeltaLake::Testing.fail_next(:put, with: :conflict) }.to raise_error(ArgumentError, /:commit or :write/)
      end
      it "within one another" do
        DeltaLake::Testing.fail_next(:commit, with: :throttling)
        DeltaLake::Testing.fail_next(:write, with: :denied) do
          expect { job(1) }.to raise_error(DeltaLake::PermissionDeniedError)
        end
        expect { job(1) }.to raise_error(DeltaLake::StorageUnavailableError)
      end
      it("plans one that does not come") { DeltaLake::Testing.fail_next(:commit, with: :conflict) }
      it("is not told of it") { expect(job(1).version).to eq(1) }
    RUBY
    expect(ended).to have_succeeded
    expect(ended.out).to include("10 examples, 0 failures")
  end

  it "lets no store in memory be used by accident" do
    ended = ruby(<<~RUBY)
      begin
        DeltaLake.create("memory://test/orders", schema: { id: :long })
      rescue DeltaLake::ConfigurationError => e
        puts e.message
      end
    RUBY
    expect(ended.out).to include('require "deltalake/testing"')
  end

  it "takes its stores through a fork" do
    ended = ruby(<<~RUBY)
      require "deltalake/testing"
      table = DeltaLake.create("memory://test/orders", schema: { id: :long })
      table.append([{ id: 1 }])
      child = fork { table.append([{ id: 2 }]); exit!(DeltaLake.open(table.uri).count == 2 ? 0 : 1) }
      Process.wait(child)
      p $?.exitstatus, DeltaLake.open(table.uri).count
    RUBY
    expect(ended.out).to eq("0\n1\n")
  end

  it "has assertions of Minitest" do
    ended = ruby(<<~'RUBY')
      begin
        require "minitest"
      rescue LoadError
        puts "none"
        exit
      end
      require "deltalake/testing"
      class UserTest < Minitest::Test
        include DeltaLake::Testing::Assertions
        def setup = @table = DeltaLake.create("memory://test/orders", schema: { id: :long })
        def test_one
          @table.append([{ id: 1 }])
          assert_rows([{ id: 1 }], @table)
          assert_includes_rows([{ id: 1 }], "memory://test/orders")
        end
        def test_two = assert_rows([{ id: 2 }], @table, "my words")
        def test_three = assert_includes_rows([{ id: 3 }], @table)
      end
      puts Minitest.run(["--seed", "1"])
    RUBY
    skip "minitest is not installed" if ended.out == "none\n"
    expect(ended.out).to include("3 runs, 4 assertions, 2 failures, 0 errors")
    expect(ended.out).to match(/my words\n.*does not have exactly these 1 rows:\n  - .*2/)
    expect(ended.out).to match(/lacks rows:\n  - .*3/)
  end
end
