# frozen_string_literal: true

module DeltaLake
  class Doctor
    # What can be said of a table by its files and its store, readable or not.
    # @api private
    class FolderChecks
      # Commits after a checkpoint from which on opening takes its time.
      LONG = 100
      # Missing commits that are told.
      GAPS = 100
      # Seconds by which the clocks of two machines may differ.
      CLOCK = 60

      # @param native [Native::Table]
      # @param log [LogFolder, nil]
      def initialize(native, log, deadline)
        @native = native
        @log = log
        @deadline = deadline
      end

      # @return [Array<Finding>]
      def log
        return missing if @log.empty?

        [length, gaps].compact
      end

      # A store may be asked by putting an object of no meaning (`_delta_log/.conditional-put`) twice.
      #
      # @return [Finding]
      def store
        @native.ready_to_commit(@deadline)
        Finding.new(:store, :ok, "the store takes each version of a commit once")
      end

      # @return [Finding, nil]
      def clock
        newest = @log.newest_ms or return
        ahead = (newest / 1000.0) - Time.now.to_f
        return Finding.new(:clock, :ok, "the newest commit is #{Sizes.age(-ahead)} old") if ahead < CLOCK

        Finding.new(:clock, :problem,
                    "the newest commit was put #{Sizes.age(ahead)} from now: the clock of the store and that of this " \
                    "machine differ",
                    "set the clock of this machine (NTP): retention, time travel and signed requests go by it",
                    seconds_ahead: ahead.round)
      end

      private

      def missing
        [Finding.new(:log, :problem, "there is no log in the folder _delta_log: no commit and no checkpoint",
                     "check the address; what looks like an empty table may be a wrong path or bucket")]
      end

      def length
        figures = { files: @log.files, bytes: @log.bytes, commits: @log.versions.size, checkpoint: @log.checkpoint,
                    after_checkpoint: @log.behind }
        behind = Sizes.many(@log.behind, "commit")
        message = "#{Sizes.many(@log.files, 'file')} of #{Sizes.bytes(@log.bytes)}; #{behind} #{since}"
        return Finding.new(:log, :ok, message, **figures) if @log.behind < LONG

        Finding.new(:log, :advice, message, "write a checkpoint, so that opening the table reads fewer files: " \
                                            "table.checkpoint", **figures)
      end

      def since
        return "and no checkpoint" if @log.checkpoint.nil?

        age = Sizes.age(Time.now.to_f - (@log.checkpoint_ms / 1000.0))
        "since the checkpoint of version #{@log.checkpoint}, which is #{age} old"
      end

      def gaps
        gaps = @log.gaps(GAPS)
        return if gaps.empty?

        Finding.new(:log, :problem, "commits are missing in the middle of the log: version#{'s' if gaps.size > 1} " \
                                    "#{gaps.first(5).join(', ')}#{', …' if gaps.size > 5}",
                    "bring the files back (a bucket's versions, a backup); nothing after the gap can be read without",
                    missing_versions: gaps)
      end
    end
  end
end
