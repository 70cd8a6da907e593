# frozen_string_literal: true

require "active_record"
require "fileutils"
require "json"
require "pg"
require "redis"
require "deltalake/sync"

# What rows are synced into by the specs: each is opened anew after a fork, and gives all that it has.
module Places
  # Rows of both, as text by their key.
  def self.plain(rows)
    rows.to_h do |row|
      [row[:id], row.except(:id).compact.transform_values { |value| DeltaLake::Sync::Values.text(value) }]
    end
  end

  # A model in a database.
  class Database
    def initialize(url)
      @url = url
    end

    def open
      ActiveRecord::Base.establish_connection(@url)
      ActiveRecord::Base.connection.raw_connection.busy_timeout = 5_000 if @url.start_with?("sqlite3:")
      self
    end

    def prepare
      open
      ActiveRecord::Schema.verbose = false
      DeltaLake::Sync.create_cursors(ActiveRecord::Base.connection)
      ActiveRecord::Base.connection.create_table(:items) do |t|
        t.string :name
        t.decimal :price, precision: 12, scale: 2
        t.integer :extra
      end
      # The child of a fork opens its own.
      ActiveRecord::Base.connection_handler.clear_all_connections!
      self
    end

    def to
      @to ||= Class.new(ActiveRecord::Base) { self.table_name = "items" }
    end

    def rows
      open
      to.reset_column_information
      Places.plain(to.all.map { |item| item.attributes.symbolize_keys })
    ensure
      ActiveRecord::Base.connection_handler.clear_all_connections!
    end

    # @return [Array<Array>] key, name and price of each, by key
    def all
      open
      to.order(:id).pluck(:id, :name, :price)
    end

    # Calls the block after each statement and around what is sent past ActiveRecord.
    def watch(&block)
      ActiveSupport::Notifications.subscribe("sql.active_record") { block.call }
      PG::Connection.prepend(Module.new do
        define_method(:exec_params) { |*args, &inner| super(*args, &inner).tap { block.call } }
      end)
    end
  end

  # Hashes in Redis.
  class Cache
    # A million replies are more than the client reads in a minute; one for thousands of keys is quick.
    LINES = <<~LUA
      local lines = {}
      for i, key in ipairs(KEYS) do
        lines[i] = table.concat(redis.call("HMGET", key, "id", "name", "price"), "\\t")
      end
      return table.concat(lines, "\\n")
    LUA
    private_constant :LINES

    def initialize(url)
      @url = url
    end

    def open
      @redis = Redis.new(url: @url)
      self
    end

    def prepare
      open
      @redis.flushall
      @redis.set("other", "left alone")
      @redis.close
      self
    end

    def to
      DeltaLake::Sync.redis(@redis, prefix: "items:")
    end

    def rows
      open
      raise "another's key is gone" unless @redis.get("other") == "left alone"

      @redis.keys("items:*").to_h do |key|
        row = @redis.hgetall(key)
        [Integer(row.delete("id")), row.transform_keys(&:to_sym)]
      end
    ensure
      @redis.close
    end

    # @return [Array<Array>] key, name and price of each, by key
    def all
      open
      keys = @redis.scan_each(match: "items:*", count: 10_000).to_a.uniq
      rows = keys.each_slice(5_000).flat_map { |some| @redis.eval(LINES, keys: some).split("\n") }
      rows.map! do |row|
        id, name, price = row.split("\t")
        [Integer(id), name, BigDecimal(price)]
      end
      rows.sort_by!(&:first)
    end

    def watch(&block)
      %i[call call_pipeline call_v pipelined multi].select { |name| Redis::Client.method_defined?(name) }.each do |name|
        Redis::Client.prepend(Module.new do
          define_method(name) do |*args, **options, &inner|
            block.call
            super(*args, **options, &inner).tap { block.call }
          end
        end)
      end
    end
  end

  # A target of one's own: a folder with a file for each row, and the cursor in another: no two things at once.
  class Folder
    def initialize(path)
      @path = path
    end

    def open
      self
    end

    def prepare
      Dir.mkdir(@path)
      self
    end

    def to
      self
    end

    def cursor
      File.read(file("cursor"))
    rescue Errno::ENOENT
      nil
    end

    def apply(batch)
      batch.taken_over! if cursor != batch.expected
      batch.deletes.each { |key| touched { FileUtils.rm_f(file(key)) } }
      batch.upserts.each { |key, row| touched { File.write(file(key), Places.plain([row])[key].to_json) } }
      touched { File.write(file("next"), batch.cursor) }
      File.rename(file("next"), file("cursor"))
    end

    def each_key(size, &block)
      keys.each_slice(size, &block)
    end

    def rows
      keys.to_h { |key| [key, JSON.parse(File.read(file(key)), symbolize_names: true)] }
    end

    def watch(&block)
      @watch = block
    end

    private

    def keys
      Dir.children(@path).grep(/\A\d+\z/).map { |name| Integer(name, 10) }
    end

    def file(name)
      File.join(@path, name.to_s)
    end

    def touched
      @watch&.call
      yield.tap { @watch&.call }
    end
  end

  def self.for(kind, place)
    { "folder" => Folder, "redis" => Cache }.fetch(kind, Database).new(place)
  end
end
