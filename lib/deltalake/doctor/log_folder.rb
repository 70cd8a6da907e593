# frozen_string_literal: true

module DeltaLake
  class Doctor
    # What the names in `_delta_log` say (Delta protocol, "Delta Log Entries", "Checkpoints").
    # @api private
    class LogFolder
      COMMIT = %r{/(\d{20})\.json\z}
      CHECKPOINT = %r{/(\d{20})\.checkpoint\.(?:parquet|\d{10}\.\d{10}\.parquet|[^/]+\.(?:json|parquet))\z}
      private_constant :COMMIT, :CHECKPOINT

      # @return [Array<Integer>] versions that have a commit, from the oldest
      attr_reader :versions
      # @return [Integer, nil] the newest version that has a checkpoint, or a part of one
      attr_reader :checkpoint
      # @return [Integer, nil] when it was written, by the clock of the store
      attr_reader :checkpoint_ms
      # @return [Integer] bytes of the folder
      attr_reader :bytes
      # @return [Integer] files in it
      attr_reader :files

      # @param objects [Array<Array(String, Integer, Integer)>] key, bytes, milliseconds of the Unix epoch
      def initialize(objects)
        @files = objects.size
        @bytes = objects.sum { |_, bytes, _| bytes }
        @commits = named(objects, COMMIT).sort
        @versions = @commits.map(&:first)
        @checkpoint, @checkpoint_ms = named(objects, CHECKPOINT).max
      end

      # @return [Boolean]
      def empty?
        versions.empty? && checkpoint.nil?
      end

      # @return [Integer] commits that a reader reads after the newest checkpoint
      def behind
        checkpoint ? versions.count { |version| version > checkpoint } : versions.size
      end

      # @param most [Integer] as many as are told: a name alone may say that billions are missing
      # @return [Array<Integer>] versions after the newest checkpoint that are missing between others, from the oldest
      def gaps(most)
        after = versions.select { |version| checkpoint.nil? || version > checkpoint }
        [*checkpoint, *after].each_cons(2).flat_map { |one, next_one| (one + 1...next_one).first(most) }.first(most)
      end

      # @return [Integer, nil] when the newest commit was put, by the clock of the store
      def newest_ms
        @commits.last&.last
      end

      private

      def named(objects, form)
        objects.filter_map { |key, _, at| (digits = key[form, 1]) && [Integer(digits, 10), at] }
      end
    end
  end
end
