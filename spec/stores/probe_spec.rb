# frozen_string_literal: true

RSpec.describe "A store that does not keep to conditional puts", :native do
  def through(server, **options)
    proxy = ConditionsLost.new(server.port, **options)
    key = server.storage.keys.grep(/endpoint/).first
    yield server.storage.merge(key => server.storage[key].sub(server.endpoint, proxy.endpoint))
  ensure
    proxy.stop
  end

  on_stores(:s3) do
    let(:folder) { uri[%r{\w+/table\z}] }
    let(:refusal) { [DeltaLake::ConfigurationError, /#{uri} ignores the condition.*nothing is committed/m] }

    before { DeltaLake.create(uri, schema: { id: :long }, storage: storage).append([{ id: 1 }]) }

    it "gets no commit of any kind, and is left as it was" do
      through(server) do |lost|
        # Of the process that has asked first, if that was for this very table.
        before = server.keys(folder).grep_v(/\.conditional-put\z/)
        read = DeltaLake.open(uri, storage: lost)
        expect(read.to_a).to eq([{ id: 1 }])
        writes = { append: -> { read.append([{ id: 2 }]) }, overwrite: -> { read.overwrite([{ id: 2 }]) },
                   alter: -> { read.alter { |a| a.add_column(:note, :string) } } }
        writes.each_value { |write| expect(&write).to raise_error(*refusal) }
        create = -> { DeltaLake.create("#{uri}-new", schema: { id: :long }, storage: lost) }
        expect(&create).to raise_error(DeltaLake::ConfigurationError)
        expect(server.keys(folder)).to match_array(before)
      end
    end

    it "is taken by those who know it" do
      through(server) do |lost|
        DeltaLake.open(uri, storage: lost.merge("conditional_put" => "trust")).append([{ id: 2 }])
        expect(DeltaLake.open(uri, storage: storage).count).to eq(2)
      end
    end

    it "is told from one that fails" do
      through(server, answer: "403 Forbidden") do |lost|
        table = DeltaLake.open(uri, storage: lost)
        expect { table.append([{ id: 2 }]) }.to raise_error(DeltaLake::PermissionDeniedError)
      end
    end
  end

  on_stores(:s3, :azure, :gcs) do
    it "is none of the suite's: each is asked once, and by the next process with one put" do
      table = DeltaLake.create(uri, schema: { id: :long }, storage: storage)
      metrics = Array.new(2) { |i| table.append([{ id: i }]).metrics }
      expect(metrics.map { |of| of[:requests][:put] }).to eq([2, 2])
      open_table = "DeltaLake.open(#{uri.inspect}, storage: #{storage.inspect})"
      script = "print #{open_table}.append([{ id: 9 }]).metrics[:requests][:put]"
      ruby(script)
      expect(ruby(script).out).to eq("3")
    end
  end
end
