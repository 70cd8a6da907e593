# frozen_string_literal: true

require "json"
require "securerandom"
require_relative "../job"
require_relative "scripts"

module DeltaLake
  module Sidekiq
    class FanOut
      # What Redis knows of a fan-out, under `deltalake:fan-out:ID`:
      #
      # - itself, a hash: what it is made of, and `finished`, how many tasks are. It stays, for who comes late, until it
      #   expires: a month after it was over;
      # - `:tasks`, a hash: the tasks that are not finished, by number. A task is finished when it is taken out;
      # - `:due`, a sorted set: when tasks and callbacks count as lost, unless their jobs say that they are at work;
      # - `:waiting`, a hash: when jobs that have not begun were pushed;
      # - `:failures` and `:results`, hashes by task.
      #
      # What Redis may lose is each of these by itself: so `finished` tells a task that is done from one that is lost.
      #
      # Each step may be done again, by another process, after any that was cut short.
      # @api private
      class State
        # Of all that are not over.
        ALL = "deltalake:fan-outs"
        # Entries that are written or read at once.
        SLICE = 500
        # Seconds that it is known that one was over: longer than Sidekiq tries the job again that begins it (21 days).
        KEPT_OVER = 31 * 86_400
        # After so many failures nobody tries again by himself.
        FAILURES = 25
        PARTS = %w[tasks due waiting failures results].freeze
        # Of what is in Redis. The version before has none, and ends each of its jobs by an error, to be retried by a
        # process of this one, where it reads `finished`: a number of Redis', and not the JSON that the others are.
        FORM = 2
        # What is no part of what it is made of.
        MOVING = %w[watch finished].freeze
        private_constant :PARTS, :FORM, :MOVING, :KEPT_OVER

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
          fields = about.merge("size" => tasks.size, "form" => FORM).flat_map { |name, value| [name, encode(value)] }
          made = run(:CREATE, [key, draft, ALL, *parts],
                     id, about.fetch("expires_in"), tasks.size, "finished", 0, *fields)
          raise Error, "Redis has lost tasks of fan-out #{id} before it was begun: begin it again" if made == -1

          made == 1
        end

        # @return [Hash{String => Object}, nil] nil where it has expired, or never was
        def about
          @about ||= begin
            names = call("HKEYS", key) - MOVING
            names.zip(call("HMGET", key, *names)).to_h { |name, value| [name, JSON.parse(value).first] } if names.any?
          end
        end

        # Everything goes at a time, unless something is done before.
        def touch
          run(:TOUCH, [key, *parts], Integer(about.fetch("expires_in")))
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
          set("HSET", "pushed", encode(now))
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

        # @param member [String] a task or a callback
        # @return [Boolean] whether it is only tried again by hand
        def dead?(member)
          call("HGET", key("failures"), member).to_i > FAILURES
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
        # @param result [String, nil] nil where none is kept, of any task
        def finish(number, result)
          found = run(:FINISH, [key, key("tasks"), key("results")], number, about.fetch("expires_in"), *result)
          raise loss("all") if found == -1

          touch
          forget(number)
        end

        # @param member [Object]
        def forget(member)
          call("ZREM", key("due"), member)
          call("HDEL", key("waiting"), member)
        end

        # @return [Array<String>] results, in the order of their tasks
        # @raise [Error] where that of a task is gone
        def results
          raise loss("all") unless about

          numbers = call("HKEYS", key("results")).sort_by { |number| Integer(number, 10) }
          raise loss("rows") if !older? && numbers.size != about.fetch("size")

          numbers.each_slice(SLICE).flat_map { |slice| call("HMGET", key("results"), *slice) }
        end

        # @return [Array<Array(String, Float)>] tasks and callbacks that count as lost; when the job was pushed, where
        #   it has not begun
        def overdue
          members = call("ZRANGEBYSCORE", key("due"), "-inf", now, "LIMIT", 0, SLICE)
          members.empty? ? [] : members.zip(call("HMGET", key("waiting"), *members).map { |time| time&.to_f })
        end

        # @return [Boolean] whether the version before has begun it
        def older?
          !about.key?("form")
        end

        # @return [Boolean] whether tasks are gone that nobody has finished
        def lost?
          return false if older? || left.positive?

          finished, over = call("HMGET", key, "finished", "over")
          over.nil? && finished.to_i != about.fetch("size")
        end

        # @param part [String] that is gone
        # @return [Error]
        def loss(part)
          Error.new("Redis has lost #{part} of fan-out #{id} before it was over, and what follows is not done. Look " \
                    "what is in the target already: another one, begun with another id, does all tasks again. See " \
                    "that Redis evicts nothing (maxmemory-policy noeviction), and that expires_in is longer than " \
                    "jobs wait in their queue")
        end

        # @param step [Integer] a callback that was done
        # @raise [Error] where that is kept nowhere
        def confirm(step)
          raise loss("all") if set("HSETNX", "done:#{step}", encode(now)) == -1
        end

        # @param step [Integer]
        # @return [Boolean]
        def confirmed?(step)
          call("HEXISTS", key, "done:#{step}") == 1
        end

        # Nothing more is to be done: only that it was there is remembered.
        def over
          run(:OVER, [key, ALL, *parts], id, encode(now), [about.to_h.fetch("expires_in", 0), KEPT_OVER].max)
        end

        # What is left of it where it has expired goes, too.
        def sweep
          run(:SWEEP, [key, ALL, *parts], id)
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
          set("HSET", "watch", encode([jid, time]))
        end

        # @return [Float] seconds
        def lease
          about.fetch("lease")
        end

        # Where tasks are done, there is somebody for the library's own jobs, too.
        #
        # @param job [Class]
        # @return [String] name of the queue that its jobs wait in
        def queue(job)
          job = Object.const_get(about.fetch("job")) if job.include?(Job)
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

        def parts
          PARTS.map { |part| key(part) }
        end

        def set(command, field, value)
          run(:SET, [key], command, field, value)
        end

        def run(script, keys, *arguments)
          call("EVAL", Scripts.const_get(script), keys.size, *keys, *arguments)
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
