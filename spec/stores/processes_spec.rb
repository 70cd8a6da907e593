# frozen_string_literal: true

# What a call does while it waits for a store: others run, it can be ended, and a fork leaves both sides whole.
RSpec.describe "Calls that wait for a store", :native do
  let!(:table) { DeltaLake.create(uri, storage: storage, schema: { id: :long, text: :string }) if uri }

  def rows(ids)
    ids.map { |id| { id: id, text: "text #{id}" * 4 } }
  end

  # How little others had of a call, where it was too little three times: a busy machine may keep a thread waiting once.
  def held_up(&call)
    tries = Array.new(3) do
      wait, took, turns = longest_wait(&call)
      return nil if wait < 0.25 && turns >= [2, took / 0.3].max

      "#{turns} turns in #{took} s, and waited #{wait} s"
    end
    tries.last
  end

  on_every_store do
    it "go on in parent and child after a fork" do
      ended = ruby(<<~RUBY)
        table = DeltaLake.open(#{uri.inspect}, storage: #{storage.inspect})
        5.times do |i|
          table.append([{ id: i }])
          pid = fork do
            table.append([{ id: 100 + i }])
            exit!(table.count == 2 * (i + 1) && DeltaLake.open(table.uri, storage: #{storage.inspect}).to_a.size == table.count)
          end
          Process.wait2(pid).last.success? or abort "the child of round \#{i} failed"
          table.refresh
        end
        puts table.count, table.to_a.size
      RUBY
      expect(ended).to have_succeeded
      expect(ended.out).to eq("10\n10\n")
      expect(table.refresh.pluck(:id).sort).to eq([*0..4, *100..104])
    end

    it "let other threads run" do
      many = rows(0...20_000)
      calls = {
        append: -> { 3.times { table.append(many) } }, open: -> { 10.times { DeltaLake.open(uri, storage: storage) } },
        scan: -> { table.to_a }, count: -> { 5.times { table.where(id: 5..).count } },
        checkpoint: -> { table.checkpoint }, refresh: -> { 20.times { table.refresh } }
      }
      calls.each { |name, call| expect(held_up(&call)).to be_nil, "#{name} is in the way of other threads" }
    end

    it "end within 100 ms when they are asked to, and leave nothing that counts" do
      table.append(rows(0...20_000))
      endless = Enumerator.new { |y| (0..).each { |i| y << { id: i, text: "x" * 100 } } }
      { append: -> { table.append(endless) }, scan: -> { loop { table.to_a } },
        open: -> { loop { DeltaLake.open(uri, storage: storage) } }, count: -> { loop { table.where(id: 5..).count } },
        commits: -> { loop { table.append([{ id: -1 }]) } } }.each do |name, call|
        taken = median(3) do
          thread = quiet_thread(&call)
          sleep(0.2)
          elapsed { thread.kill.join }
        end
        expect(taken).to be < 0.1, "#{name} took #{taken} s"
      end
      late = -> { table.append(endless, deadline: 0.3) }
      expect(elapsed { expect(&late).to raise_error(DeltaLake::DeadlineExceededError) }).to be < 0.6
      table.refresh
      expect(table.where("id >= 0").count).to eq(20_000)
      expect(table.where(id: -1).count).to eq(table.version - 1)
    end
  end
end
