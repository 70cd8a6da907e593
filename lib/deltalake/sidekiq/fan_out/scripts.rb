# frozen_string_literal: true

module DeltaLake
  module Sidekiq
    class FanOut
      # What Redis does as a whole for {State}. KEYS[1] is the hash of the fan-out itself; `size` is there from its
      # begin until it has expired.
      # @api private
      module Scripts
        # Makes it, or leaves the one that is there. It lasts as long as its tasks, or it would seem done; parts that
        # are left of one that has expired are not its own.
        CREATE = <<~LUA
          if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
          if redis.call("HLEN", KEYS[2]) ~= tonumber(ARGV[3]) then return -1 end
          redis.call("DEL", unpack(KEYS, 4))
          if redis.call("EXISTS", KEYS[2]) == 1 then redis.call("RENAME", KEYS[2], KEYS[4]) end
          redis.call("HSET", KEYS[1], unpack(ARGV, 4))
          redis.call("EXPIRE", KEYS[1], ARGV[2])
          redis.call("EXPIRE", KEYS[4], ARGV[2])
          redis.call("SADD", KEYS[3], ARGV[1])
          return 1
        LUA
        # Takes out a task that is done, keeps its result and counts it; one that the version before has begun is not
        # counted, and has no result that is empty.
        FINISH = <<~LUA
          if redis.call("HEXISTS", KEYS[1], "size") == 0 then return -1 end
          if redis.call("HDEL", KEYS[2], ARGV[1]) == 0 then return 0 end
          local counted = redis.call("HEXISTS", KEYS[1], "finished") == 1
          if counted then redis.call("HINCRBY", KEYS[1], "finished", 1) end
          if ARGV[3] and (counted or ARGV[3] ~= "") then
            redis.call("HSETNX", KEYS[3], ARGV[1], ARGV[3])
            redis.call("EXPIRE", KEYS[3], ARGV[2])
          end
          return 1
        LUA
        # Sets a field of its own, unless it has expired: what is left would never expire.
        SET = <<~LUA
          if redis.call("HEXISTS", KEYS[1], "size") == 0 then return -1 end
          return redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3])
        LUA
        # Everything goes at a time; what is over has one that is longer.
        TOUCH = <<~LUA
          if redis.call("HEXISTS", KEYS[1], "over") == 1 then return 0 end
          for _, key in ipairs(KEYS) do redis.call("EXPIRE", key, ARGV[1]) end
          return 1
        LUA
        # Leaves no more of it than that it was there.
        OVER = <<~LUA
          if redis.call("HEXISTS", KEYS[1], "size") == 1 then
            redis.call("HSETNX", KEYS[1], "over", ARGV[2])
            redis.call("EXPIRE", KEYS[1], ARGV[3])
          end
          redis.call("SREM", KEYS[2], ARGV[1])
          return redis.call("DEL", unpack(KEYS, 3))
        LUA
        # Takes away what is left of one that has expired, unless it was made anew meanwhile.
        SWEEP = <<~LUA
          if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
          redis.call("SREM", KEYS[2], ARGV[1])
          return redis.call("DEL", unpack(KEYS, 3))
        LUA
      end
    end
  end
end
