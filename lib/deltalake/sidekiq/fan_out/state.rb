# frozen_string_literal: true

require "json"
require "securerandom"

module DeltaLake
  module Sidekiq
    class FanOut
      # What Redis knows of a fan-out, under `deltalake:fan-out:ID`:
      #
      # - itself, a hash: what it is made of. It stays, for who comes late, until it expires;
      # - `:tasks`, a hash: the tasks that are not finished, by number. A task is finished when it is taken out;
      # - `:due`, a sorted set: when tasks and callbacks count as lost, unless their jobs say that they are at work;
      # - `:waiting`, a hash: when jobs that have not begun were pushed;
      # - `:failures` and `:results`, hashes by task.
      #
      # Each step may be done again, by another process, after any that was cut short.
      # @api private
      class State
        # Of all that are not over.
        ALL = "deltalake:fan-outs"
        # Makes it as a whole, or leaves the one that is there. It lasts as long as its tasks, or it would seem done.
        CREATE = <<~LUA
          if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
          if redis.call("HLEN", KEYS[3]) ~= tonumber(ARGV[3]) then return -1 end
          if redis.call("EXISTS", KEYS[3]) == 1 then redis.call("RENAME", KEYS[3], KEYS[2]) end
          redis.call("HSET", KEYS[1], unpack(ARGV, 4))
          redis.call("EXPIRE", KEYS[1], ARGV[2])
          redis.call("EXPIRE", KEYS[2], ARGV[2])
          redis.call("SADD", KEYS[4], ARGV[1])
          return 1
        LUA
        # Takes away what is left of one that has expired, unless it was made anew meanwhile.
        SWEEP = <<~LUA
          if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
          redis.call("SREM", KEYS[2], ARGV[1])
          return redis.call("DEL", unpack(KEYS, 3))
        LUA
        # Entries that are written or read at once.
        SLICE = 500
        # After so many failures nobody tries again by himself.
        FAILURES = 25
        PARTS = %w[tasks due waiting failures results].freeze
        private_constant :CREATE, :SWEEP, :PARTS

        # @return [Array<String>] ids
        def self.all
          ::Sidekiq.redis { |redis| redis.call("SMEMBERS", ALL) }
        end

        # @return [String]
        attr_reader :id

        # @param id [String]
        def initialize(id)
          @id = id
        end

        # @param tasks [Array<String>]
        # @param about [Hash{String => Object}] `lease` and `expires_in` in seconds, and what the user has given
        # @return [Boolean] false where it was there already
        def create(tasks, about)
          draft = key("draft:#{SecureRandom.hex(8)}")
          tasks.each_with_index.each_slice(SLICE) do |slice|
            call("HSET", draft, *slice.flat_map { |task, number| [number, task] })
            call("EXPIRE", draft, 3_600)
          end
          fields = about.merge("size" => tasks.size).flat_map { |name, value| [name, encode(value)] }
          keys = [key, key("tasks"), draft, ALL]
          made = call("EVAL", CREATE, keys.size, *keys, id, about.fetch("expires_in"), tasks.size, *fields)
          raise Error, "Redis has lost tasks of fan-out #{id} before it was begun: begin it again" if made == -1

          made == 1
        end

        # @return [Hash{String => Object}, nil] nil where it has expired, or never was
        def about
          @about ||= begin
            names = call("HKEYS", key) - ["watch"]
            names.zip(call("HMGET", key, *names)).to_h { |name, value| [name, JSON.parse(value).first] } if names.any?
          end
        end

        # Everything goes at a time, unless something is done before.
        def touch
          seconds = Integer(about.fetch("expires_in"))
          many([key, *PARTS.map { |part| key(part) }]) { |name| ["EXPIRE", name, seconds] }
        end

        # @return [Array<String>] numbers of the tasks that are not finished
        def unfinished
          call("HKEYS", key("tasks"))
        end

        # @return [Array<String>] numbers of the unfinished ones that are still tried again
        def hopeful
          unfinished - failures.select { |_, times| times > FAILURES }.keys
        end

        # All tasks have been pushed once.
        def pushed
          call("HSET", key, "pushed", encode(now))
        end

        # @return [Boolean]
        def pushed?
          call("HEXISTS", key, "pushed") == 1
        end

        # @return [Integer]
        def left
          call("HLEN", key("tasks"))
        end

        # @return [Hash{String => Integer}] how often a task, or a callback, has failed
        def failures
          numbers = call("HKEYS", key("failures"))
          numbers.empty? ? {} : numbers.zip(call("HMGET", key("failures"), *numbers).map(&:to_i)).to_h
        end

        # @param number [Object]
        # @return [String, nil] nil where it is finished
        def task(number)
          call("HGET", key("tasks"), number)
        end

        # @param members [Array<String>] whose jobs are about to be pushed
        # @return [Array<String>] those that were not before
        def claim(members)
          added = many(members) { |member| ["ZADD", key("due"), "NX", now + lease, member] }
          members.zip(added).filter_map { |member, new| member if new == 1 }.tap { |claimed| wait(claimed) }
        end

        # @param members [Array<String>] whose jobs are about to be pushed, perhaps again
        def wait(members)
          many(members) { |member| ["HSET", key("waiting"), member, now] }
          many(members) { |member| ["ZADD", key("due"), now + lease, member] }
        end

        # @param member [Object] whose job is at work
        def begin(member)
          call("ZADD", key("due"), now + lease, member)
          call("HDEL", key("waiting"), member)
        end

        # @param member [Object] whose job is still at work
        def renew(member)
          call("ZADD", key("due"), "XX", now + lease, member)
        end

        # Sidekiq runs it again, later each time: only after that it counts as lost.
        #
        # @param member [Object]
        def fail(member)
          times = call("HINCRBY", key("failures"), member, 1)
          touch
          return call("ZREM", key("due"), member) if times > FAILURES

          call("ZADD", key("due"), "XX", now + lease + (times**4) + (times * 10) + 15, member)
        end

        # The first result stays: that of a task which was done twice belongs to nobody.
        #
        # @param number [Object]
        # @param result [String, nil]
        def finish(number, result)
          call("HSETNX", key("results"), number, result) if result
          touch
          call("HDEL", key("tasks"), number)
          forget(number)
        end

        # @param member [Object]
        def forget(member)
          call("ZREM", key("due"), member)
          call("HDEL", key("waiting"), member)
        end

        # @return [Array<String>] results, in the order of their tasks
        def results
          numbers = call("HKEYS", key("results")).sort_by { |number| Integer(number, 10) }
          numbers.each_slice(SLICE).flat_map { |slice| call("HMGET", key("results"), *slice) }
        end

        # @return [Array<Array(String, Float)>] tasks and callbacks that count as lost; when the job was pushed, where
        #   it has not begun
        def overdue
          members = call("ZRANGEBYSCORE", key("due"), "-inf", now, "LIMIT", 0, SLICE)
          members.empty? ? [] : members.zip(call("HMGET", key("waiting"), *members).map { |time| time&.to_f })
        end

        # @param step [Integer] a callback that was done
        # @return [Boolean] whether nobody has said so before
        def confirm(step)
          call("HSETNX", key, "done:#{step}", encode(now)) == 1
        end

        # @param step [Integer]
        # @return [Boolean]
        def confirmed?(step)
          call("HEXISTS", key, "done:#{step}") == 1
        end

        # Nothing more is to be done: only that it was there is remembered.
        def over
          call("HSETNX", key, "over", encode(now)) if about
          call("SREM", ALL, id)
          call("DEL", *PARTS.map { |part| key(part) })
        end

        # What is left of it where it has expired goes, too.
        def sweep
          call("EVAL", SWEEP, 2 + PARTS.size, key, ALL, *PARTS.map { |part| key(part) }, id)
        end

        # @return [Boolean]
        def over?
          call("HEXISTS", key, "over") == 1
        end

        # @return [Boolean] whether it has neither expired nor is over
        def open?
          size, over = call("HMGET", key, "size", "over")
          !size.nil? && over.nil?
        end

        # @return [Array(String, Float), nil] job and time of the watchdog that comes next
        def watch
          call("HGET", key, "watch")&.then { |text| JSON.parse(text).first }
        end

        # @param jid [String]
        # @param time [Float]
        def watched(jid, time)
          call("HSET", key, "watch", encode([jid, time]))
        end

        # @return [Float] seconds
        def lease
          about.fetch("lease")
        end

        # @param job [Class]
        # @return [String] name of the queue that its jobs wait in
        def queue(job)
          about["queue"] || job.get_sidekiq_options.fetch("queue", "default").to_s
        end

        # @return [Float]
        def now
          Time.now.to_f
        end

        private

        def key(part = nil)
          ["deltalake:fan-out", id, part].compact.join(":")
        end

        def call(*command)
          ::Sidekiq.redis { |redis| redis.call(*command.map(&:to_s)) }
        end

        # The answers to one command for each.
        def many(items)
          return [] if items.empty?

          ::Sidekiq.redis do |redis|
            redis.pipelined { |pipeline| items.each { |item| pipeline.call(*yield(item).map(&:to_s)) } }
          end
        end

        # JSON needs an Array around a text to be sure to take it.
        def encode(value)
          JSON.generate([value])
        end
      end
    end
  end
end
