# frozen_string_literal: true

require "digest"
require "json"

module DeltaLake
  module Sidekiq
    class FanOut
      # Tasks as Redis keeps them, and the jobs that do them.
      # @api private
      module Tasks
        # How a task of a scan begins in Redis, and anything else.
        SCAN = "scan:"
        OTHER = "json:"
        # Before a task that is not the first of its kind.
        AGAIN = /\A(\d+):/
        private_constant :SCAN, :OTHER, :AGAIN

        class << self
          # @param work [Object] what has tasks, or an Array
          # @param target_bytes [Integer, nil]
          # @return [Array<String>]
          def dump(work, target_bytes)
            items = work.respond_to?(:tasks) ? work.tasks(target_bytes: target_bytes) : work
            raise TypeError, "a fan-out is of a scan or an Array, got #{work.class}" unless items.is_a?(Array)

            seen = Hash.new(0)
            items.map do |item|
              text = item.is_a?(ScanTask) ? SCAN + item.to_json : OTHER + JSON.generate([item])
              times = seen[name(text)] += 1
              times == 1 ? text : "#{times}:#{text}"
            end
          end

          # What a task is called among those of its fan-out, for keys: the same also where that is begun again at
          # another version of the table, of which the files have other numbers.
          #
          # @param text [String]
          # @return [String]
          def name(text)
            plain = text.sub(AGAIN, "")
            work = plain.start_with?(SCAN) ? files(JSON.parse(plain.delete_prefix(SCAN))) : plain
            [Digest::SHA256.hexdigest(JSON.generate([work]))[0, 32], text[AGAIN, 1]].compact.join("-")
          end

          # @param text [String]
          # @param profile [String, nil]
          # @return [ScanTask, Object]
          def load(text, profile)
            text = text.sub(AGAIN, "")
            return JSON.parse(text.delete_prefix(OTHER)).first if text.start_with?(OTHER)

            ScanTask.load(text.delete_prefix(SCAN), storage: profile ? profile.to_sym : {})
          end

          # Pushes those that nobody has pushed yet; who comes later goes on where it was cut short.
          #
          # @param state [State]
          # @param numbers [Array<String>]
          def push_new(state, numbers)
            numbers.each_slice(State::SLICE) do |slice|
              push(state, state.claim(slice))
              state.touch
            end
            state.pushed
          end

          # @param state [State]
          # @param numbers [Array<String>]
          def push(state, numbers)
            return if numbers.empty?

            ::Sidekiq::Client.push_bulk({ "class" => job(state), "queue" => state.about["queue"],
                                          "args" => numbers.map { |number| [state.id, number] } }.compact)
          end

          # @param state [State]
          # @return [String] name of the queue that they wait in
          def queue(state)
            state.queue(job(state))
          end

          private

          # What a task of a scan reads, whatever else is in its text.
          def files(task)
            task.values_at("table", "columns", "conditions") +
              task.dig("read", "files").map { |file| file.values_at("path", "deletionVector") }
          end

          def job(state)
            Object.const_get(state.about.fetch("job"))
          end
        end
      end
    end
  end
end
