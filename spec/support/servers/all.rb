# frozen_string_literal: true

require "securerandom"
require_relative "azurite"
require_relative "dynamodb"
require_relative "gcs"
require_relative "ministack"
require_relative "seaweedfs"

# Each server is started when it is asked for, once a process.
module Servers
  ALL = { s3: Ministack, dynamodb: DynamoDB, seaweedfs: Seaweedfs, azure: Azurite, gcs: CloudStorage }.freeze

  @lock = Mutex.new
  @running = {}

  # @return [Server] the running one
  def self.[](name)
    @lock.synchronize { @running[name] ||= ALL.fetch(name).new.start }
  end

  # @return [String, nil] see {Server.missing}
  def self.missing(name)
    ALL.fetch(name).missing
  end

  # An address in this store at which nothing is yet.
  def self.fresh(name, table = "table")
    self[name].uri("#{SecureRandom.hex(8)}/#{table}")
  end

  def self.stop
    @lock.synchronize { @running.each_value(&:stop).clear }
  end
end
