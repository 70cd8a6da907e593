# frozen_string_literal: true

module DeltaLake
  class Doctor
    # What can be said of a table that can be opened.
    # @api private
    class TableChecks
      # Upper ends of the classes of sizes, in bytes.
      CLASSES = { "under 1 MB" => 1 << 20, "1 to 16 MB" => 16 << 20, "16 to 128 MB" => 128 << 20,
                  "128 MB to 1 GB" => 1 << 30, "over 1 GB" => nil }.freeze
      # Files below that are small, and more of them than that are many.
      SMALL = 16 << 20
      MANY = 100
      private_constant :CLASSES, :SMALL, :MANY

      # @param native [Native::Snapshot]
      def initialize(native, deadline)
        @native = native
        @snapshot = Snapshot.new(native)
        @deadline = deadline
      end

      # @return [Array<Finding>]
      def protocol
        protocol = @snapshot.protocol
        features = (protocol.reader_features | protocol.writer_features).sort
        append, upkeep = @native.refusals
        named = features.empty? ? "" : " with #{features.join(', ')}"
        versions = "version #{@snapshot.version}, reader #{protocol.min_reader_version}, " \
                   "writer #{protocol.min_writer_version}#{named}"
        found = [Finding.new(:protocol, :ok, "#{versions}: can be read#{' and written' unless append}",
                             version: @snapshot.version, features:)]
        found << refused("cannot be appended to", append) if append
        found << refused("gets no checkpoints from here", upkeep) if upkeep
        found
      end

      # @return [Finding]
      def files
        sizes = @snapshot.files(deadline: @deadline).map(&:size).to_a
        small = sizes.count { |size| size < SMALL }
        figures = { files: sizes.size, bytes: sizes.sum, histogram: histogram(sizes) }
        message = "#{Sizes.many(sizes.size, 'file')} of #{Sizes.bytes(sizes.sum)}"
        message += ": #{figures[:histogram].map { |name, count| "#{count} #{name}" }.join(', ')}" unless sizes.empty?
        return Finding.new(:files, :ok, message, **figures) unless small >= MANY && small > sizes.size / 2

        Finding.new(:files, :advice, message,
                    "#{small} files are under #{Sizes.bytes(SMALL)}, and each costs a request to read: append larger " \
                    "batches, or compact the table (OPTIMIZE)", **figures)
      end

      # @param findings [Array<Finding>] so far
      # @return [Finding, nil]
      def checkpoint(findings)
        behind = findings.find { |finding| finding.figures.key?(:after_checkpoint) }&.figures&.fetch(:after_checkpoint)
        interval = Integer(@snapshot.properties.fetch("delta.checkpointInterval", "10"), 10, exception: false) || 10
        return if behind.nil? || behind <= 2 * interval

        Finding.new(:checkpoint, :advice,
                    "the table asks for a checkpoint every #{interval} commits, and the newest is #{behind} old",
                    "whoever writes it writes no checkpoints: let a job call table.checkpoint and table.clean_log",
                    after_checkpoint: behind, interval:)
      end

      # @param most [Integer] objects to look at
      # @return [Array<Finding>]
      def folder(most)
        found = @native.leftovers(most, @deadline)
        [missing(found), orphans(found, most)].compact
      end

      private

      def refused(what, why)
        Finding.new(:protocol, :problem, "the table #{what}: #{why}",
                    "use a newer version of this library, or let another engine do it")
      end

      def histogram(sizes)
        grouped = sizes.group_by { |size| CLASSES.find { |_, limit| limit.nil? || size < limit }.first }
        CLASSES.keys.to_h { |name| [name, grouped.fetch(name, []).size] }.reject { |_, count| count.zero? }
      end

      def missing(found)
        return if found[:missing].zero?

        Finding.new(:folder, :problem,
                    "#{Sizes.many(found[:missing], 'file')} of the newest version gone, such as " \
                    "#{found[:missing_examples].first}",
                    "bring them back (a bucket's versions, a backup); reading fails where it comes to them",
                    **found.slice(:missing, :missing_examples))
      end

      def orphans(found, most)
        figures = found.except(:missing, :missing_examples)
        orphans, young, kept = found.values_at(:orphans, :young, :kept)
        message = "#{amount(orphans)} belong to no version that the table keeps, #{amount(kept)} to older versions"
        message += ", #{amount(young)} may be about to be committed" if young[:files].positive?
        message += " (the first #{most} objects were looked at, there are more)" unless found[:complete]
        return Finding.new(:folder, :ok, message, **figures) if orphans[:files].zero?

        Finding.new(:folder, :advice, message, "a vacuum gives the space back; nothing reads them", **figures)
      end

      def amount(of)
        "#{Sizes.many(of[:files], 'file')} (#{Sizes.bytes(of[:bytes])})"
      end
    end
  end
end
