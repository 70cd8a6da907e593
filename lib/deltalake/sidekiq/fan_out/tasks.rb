# frozen_string_literal: true

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
        private_constant :SCAN, :OTHER

        class << self
          # @param work [Object] what has tasks, or an Array
          # @param target_bytes [Integer, nil]
          # @return [Array<String>]
          def dump(work, target_bytes)
            items = work.respond_to?(:tasks) ? work.tasks(target_bytes: target_bytes) : work
            raise TypeError, "a fan-out is of a scan or an Array, got #{work.class}" unless items.is_a?(Array)

            items.map { |item| item.is_a?(ScanTask) ? SCAN + item.to_json : OTHER + JSON.generate([item]) }
          end

          # @param text [String]
          # @param profile [String, nil]
          # @return [ScanTask, Object]
          def load(text, profile)
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

          def job(state)
            Object.const_get(state.about.fetch("job"))
          end
        end
      end
    end
  end
end
