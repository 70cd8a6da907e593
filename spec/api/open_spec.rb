# frozen_string_literal: true

require "logger"
require "pathname"
require "stringio"
require "uri"

RSpec.describe DeltaLake do
  describe ".create" do
    it "makes version 0 with all that it was told" do
      table = create_table(partition_by: [:country], name: "orders", description: "All of them",
                           properties: { "delta.appendOnly" => true, owner: "me" })
      expect(table).to be_a(DeltaLake::Table)
      expect(table).to have_attributes(version: 0, partition_by: [:country], name: "orders", uri: table_path,
                                       description: "All of them")
      expect(table.schema).to eq(DeltaLake::Schema.from(TableHelper::ORDERS))
      expect(table.properties).to eq({ "delta.appendOnly" => "true", "owner" => "me" })
      expect(table.id).to match(/\A\h{8}-/)
      expect(table.created_at).to be_within(60).of(Time.now)
      expect(table.to_a).to eq([])
    end

    it "takes the schema as a Schema or a Hash, and one partition column alone" do
      table = DeltaLake.create(table_path, schema: DeltaLake::Schema.define do
                                                     long :id
                                                     string :c
                                                   end, partition_by: "c")
      expect(DeltaLake.open(table_path).partition_by).to eq([:c])
      expect(table.schema.to_s).to eq("id: long, c: string")
    end

    it "refuses a second table, or opens the first" do
      first = create_table
      first.append(orders(1..3))
      expect { create_table }.to raise_error(DeltaLake::TableExistsError, /#{Regexp.escape(table_path)}/)
      expect(create_table(if_exists: :open)).to have_attributes(version: 1, count: 3)
    end

    it "refuses what no table can have" do
      expect { create_table({ id: :long, ID: :long }) }.to raise_error(DeltaLake::SchemaMismatchError, /twice/)
      expect do
        create_table(partition_by: [:nope])
      end.to raise_error(DeltaLake::SchemaMismatchError, /"nope".*id, country/)
      expect { create_table({ id: :long, tags: [:string] }, partition_by: [:tags]) }
        .to raise_error(DeltaLake::SchemaMismatchError, /tags/)
      expect(File.exist?(table_path)).to be(false)
    end

    it "checks its arguments" do
      expect { create_table(nil) }.to raise_error(TypeError, /schema must be .* got NilClass/)
      expect { create_table(partition_by: [1]) }.to raise_error(TypeError, /partition_by .* Integer/)
      expect { create_table(name: :orders) }.to raise_error(TypeError, /name must be a String/)
      expect { create_table(properties: []) }.to raise_error(TypeError, /properties must be a Hash/)
      expect { create_table(if_exists: :replace) }.to raise_error(ArgumentError, /if_exists must be :raise or :open/)
    end

    it "lets one of several processes create it, and the others open it", :native do
      script = <<~RUBY
        table = DeltaLake.create(#{table_path.inspect}, schema: { id: :long }, if_exists: :open)
        table.append([{ id: Process.pid }])
      RUBY
      ended = Array.new(4) { Thread.new { ruby(script) } }.map(&:value)
      expect(ended).to all(have_succeeded)
      expect(DeltaLake.open(table_path)).to have_attributes(version: 4, count: 4)
    end
  end

  describe ".open" do
    before { 2.times { |i| (i.zero? ? create_table : DeltaLake.open(table_path)).append(orders(i..i)) } }

    it "takes folders and URIs of them" do
      [table_path, Pathname(table_path), "file://#{table_path}", URI("file://#{table_path}"),
       "#{table_path}/"].each do |uri|
        expect(DeltaLake.open(uri).version).to eq(2)
      end
      Dir.chdir(tmpdir) { expect(DeltaLake.open("table").uri).to eq(table_path) }
    end

    it "stands on an older version" do
      table = DeltaLake.open(table_path, version: 1)
      expect(table).to have_attributes(version: 1, count: 1)
      expect(table.refresh).to have_attributes(version: 2, count: 2)
    end

    it "stands on the version of a time" do
      3.times { |version| File.utime(Time.at(1000 + version), Time.at(1000 + version), commit_file(version)) }
      expect(DeltaLake.open(table_path, at: Time.at(1001)).version).to eq(1)
      expect(DeltaLake.open(table_path, at: Time.at(1001.9)).version).to eq(1)
      expect(DeltaLake.open(table_path, at: Time.at(5000).to_datetime).version).to eq(2)
      expect { DeltaLake.open(table_path, at: Time.at(999)) }.to raise_error(DeltaLake::TableNotFoundError)
    end

    it "has no version that is not there" do
      expect { DeltaLake.open(table_path, version: 9) }.to raise_error(DeltaLake::TableNotFoundError, /9/)
    end

    it "checks its arguments" do
      expect { DeltaLake.open(nil) }.to raise_error(TypeError, /address must be a String or a Pathname, got NilClass/)
      expect { DeltaLake.open(" ") }.to raise_error(ArgumentError, /empty/)
      expect { DeltaLake.open(table_path, version: -1) }.to raise_error(ArgumentError, /version must be from 0/)
      expect { DeltaLake.open(table_path, version: "1") }.to raise_error(TypeError, /version must be an Integer/)
      expect { DeltaLake.open(table_path, at: "2026-01-01") }.to raise_error(TypeError, /at must be a Time/)
      expect do
        DeltaLake.open(table_path, version: 1, at: Time.now)
      end.to raise_error(ArgumentError, /exclude each other/)
      expect { DeltaLake.open(table_path, deadline: 0) }.to raise_error(ArgumentError, /more than 0 seconds/)
      expect { DeltaLake.open(table_path, deadline: "1") }.to raise_error(TypeError, /number of seconds/)
    end
  end

  describe ".table?" do
    it "tells" do
      expect(DeltaLake.table?(table_path)).to be(false)
      FileUtils.mkdir_p(table_path)
      expect(DeltaLake.table?(table_path)).to be(false)
      create_table
      expect(DeltaLake.table?(table_path)).to be(true)
      expect(DeltaLake.table?(Pathname(table_path))).to be(true)
    end
  end

  describe ".configure" do
    after { DeltaLake.configuration.logger = nil }

    it "tells the logger of commits" do
      lines = StringIO.new
      DeltaLake.configure { |c| c.logger = Logger.new(lines) }
      create_table.append(orders(1..2), once: "k")
      expect(lines.string)
        .to match(/INFO.*deltalake: #{Regexp.escape(table_path)}: wrote 2 rows in 1 files, version 1/)
    end

    it "checks what it is given" do
      expect { DeltaLake.configure { |c| c.logger = 1 } }.to raise_error(TypeError, /info/)
      expect { DeltaLake.configure { |c| c.threads = 0 } }.to raise_error(ArgumentError, /at least 1/)
      expect { DeltaLake.configure { |c| c.threads = "2" } }.to raise_error(TypeError, /Integer/)
    end

    it "sets the number of threads, before they run", :native do
      ended = ruby(<<~RUBY)
        DeltaLake.configure { |c| c.threads = 1 }
        DeltaLake.table?(#{tmpdir.inspect})
        p DeltaLake.configuration.threads, Dir.children("/proc/self/task").size
        begin
          DeltaLake.configure { |c| c.threads = 3 }
        rescue DeltaLake::ConfigurationError => e
          puts e.message
        end
        p DeltaLake.configuration.threads
      RUBY
      expect(ended).to have_succeeded
      expect(ended.out).to match(/\A1\n\d+\nthreads cannot become 3: .*\n1\n\z/)
    end
  end
end
