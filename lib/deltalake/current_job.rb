# frozen_string_literal: true

require "digest"
require "json"

module DeltaLake
  # The job that the running fiber works for, so that `once: :job` can name its writes: a job that is run again, by a
  # retry or after a shutdown, has the same id, and adds nothing twice. `deltalake/sidekiq` sets it for Sidekiq,
  # {DeltaLake::ActiveJob} for ActiveJob; {.with} is for everything else.
  #
  # `once: :job` is the id and the number of the write among those of the job to that table, counted from 1. So a job
  # makes the same writes to a table in the same order each time; one that does not, names them: `once: { job: "orders"
  # }`, each by its own. Names and numbers are kept per table, since keys are.
  #
  # The job belongs to one fiber. Threads and fibers that a job starts have none, for their order is nobody's, and
  # processes cannot count in it: give them `once: DeltaLake::CurrentJob.key("part-1")`, made before. A job within a job
  # has the inner one's id until it ends; with the id of an outer one it goes on counting there.
  #
  # A job of a queue that is run inline in another one (`perform_now`, `perform_inline`) is given a new id each time. So
  # it goes by the outer one's, its class, its arguments and its number among those that are alike in that run: where
  # the outer job is run again, its writes are not added twice.
  #
  # @example
  #   DeltaLake::CurrentJob.with(job.id) { table.append(rows, once: :job) }
  class CurrentJob
    # Where a fiber has its jobs, the innermost last.
    PLACE = :deltalake_jobs
    # Their jobs go on in the middle with the same id.
    RESUMING = %w[Sidekiq::Job::Iterable Sidekiq::IterableJob ActiveJob::Continuable JobIteration::Iteration].freeze
    # What to do in all that runs beside the job.
    BESIDE = "Threads, fibers and processes that a job starts have none: give them once: " \
             "DeltaLake::CurrentJob.key(name), made before"
    private_constant :PLACE, :RESUMING, :BESIDE

    class << self
      # Runs the block as the job of this id.
      #
      # @example In Resque, with an id of the job's own
      #   def self.around_perform(order_id) = DeltaLake::CurrentJob.with("orders-#{order_id}") { yield }
      # @param id [String, Symbol, Integer] the same whenever the job is run again, and no other job's
      # @param resumes [Boolean] whether a run may begin in the middle of the job, so that its writes have no number:
      #   each must have a name
      # @return [Object] what the block gives
      def with(id, resumes: false, &work)
        id = checked(id)
        within(outer(id) || new(id, resumes:), &work)
      end

      # As {.with}, for an id that a queue has given: inline in another job it is not the same when that is run again.
      #
      # @param id [String]
      # @param job [Class]
      # @param arguments [#call] what gives them as JSON has them
      # @param kept [String, nil] the id in its place, where there is one that stays
      # @return [Object] what the block gives
      # @api private
      def queued(id, job, arguments, kept: nil, &work)
        resumes = resumes?(job)
        return with(kept, resumes:, &work) if kept

        id = checked(id)
        within(outer(id) || current&.inline(id, [job.name, arguments.call], resumes:) || new(id, resumes:), &work)
      end

      # @return [CurrentJob, nil]
      def current
        Thread.current[PLACE]&.last
      end

      # @return [String, nil] the id of the job
      def id
        current&.id
      end

      # The key that `once: { job: name }` stands for, to be handed to a thread that the job starts.
      #
      # @param name [String, Symbol]
      # @return [String]
      # @raise [ArgumentError] outside of a job
      def key(name)
        current!.key(name)
      end

      # For a write to the table, what `once:` stands for.
      #
      # @param once [String, Symbol, Hash, nil] as the caller has given it
      # @param table [Table]
      # @yieldparam key [String, Symbol, nil]
      # @api private
      def write(once, table, &write)
        case once
        when :job then current!.numbered(table.id, table.uri, &write)
        when Hash then current!.named(name_in(once), table.id, table.uri, &write)
        else yield once
        end
      end

      # @param job [Class]
      # @return [Boolean] whether its jobs go on in the middle, where they were interrupted
      # @api private
      def resumes?(job)
        job.ancestors.any? { |part| RESUMING.include?(part.to_s) }
      end

      private

      def within(job)
        outer = Thread.current[PLACE] || []
        Thread.current[PLACE] = [*outer, job].freeze
        yield
      ensure
        Thread.current[PLACE] = outer
      end

      def outer(id)
        Thread.current[PLACE]&.find { |known| known.known_as?(id) }
      end

      def current!
        current || raise(ArgumentError, <<~TEXT.tr("\n", " ").strip)
          once: :job takes its key from the job that is running, and here is none. In Sidekiq: require "deltalake/sidekiq"
          where the server is set up, and in tests Sidekiq::Testing.server_middleware { |chain|
          chain.add DeltaLake::Sidekiq::Middleware }; in ActiveJob: include DeltaLake::ActiveJob; elsewhere: DeltaLake::CurrentJob.with(id)
          { }. #{BESIDE}
        TEXT
      end

      def checked(id)
        unless id.is_a?(String) || id.is_a?(Symbol) || id.is_a?(Integer)
          raise TypeError, "the id of a job must be a String, got #{id.class}"
        end

        id.to_s.tap { |text| raise ArgumentError, "the id of a job is empty" if text.empty? }.dup.freeze
      end

      def name_in(once)
        return once.values.first if once.size == 1 && once.keys.first.to_s == "job"

        raise ArgumentError, "once takes a key, :job or { job: \"name\" }, got #{once.inspect}"
      end
    end

    # @return [String]
    attr_reader :id

    # @param id [String]
    # @param given [String] the id by which its queue knows it
    # @param resumes [Boolean]
    # @param rootless [String, nil] what the job is that it is inline in, where no id stays for that
    # @api private
    def initialize(id, resumes:, given: id, rootless: nil)
      @id = id
      @given = given
      @resumes = resumes
      @rootless = rootless
      @pid = Process.pid
      @written = Hash.new(0)
      @inline = Hash.new(0)
      @failed = {}
      @named = {}
    end

    # @param id [String]
    # @api private
    def known_as?(id)
      [@id, @given].include?(id)
    end

    # A job that is run inline in this one. A number alone would give it the key of another one where this job, run
    # again, leaves out what is done already.
    #
    # @param given [String] the id by which its queue knows it
    # @param work [Array] what it is, as JSON has it
    # @param resumes [Boolean]
    # @return [CurrentJob]
    # @api private
    def inline(given, work, resumes:)
      rootless = @rootless || ("one that may go on in its middle" if @resumes) || ("one of another process" if forked?)
      return self.class.new(given, resumes:, rootless:) if rootless

      mark = Digest::SHA256.hexdigest(JSON.generate(work))[0, 16]
      self.class.new("#{id}/inline-#{mark}-#{@inline[mark] += 1}", resumes:, given:)
    end

    # (see .key)
    # @api private
    def key(name)
      unless name.is_a?(String) || name.is_a?(Symbol)
        raise TypeError, "the name of a job's write must be a String, got #{name.class}"
      end

      if name.empty? || name.match?(%r{/|\A\d+\z})
        raise ArgumentError, "the name of a job's write has letters and no slash, got #{name.inspect}: numbers are " \
                             "what writes without a name have"
      end

      refuse_rootless
      "#{id}/#{name}"
    end

    # A write without a name. After one that failed there is no other to that table: whether it is that one again
    # or the next one, nobody can tell, and a wrong guess would lose rows or double them.
    #
    # @param places [Array<String>] what the table is known by
    # @yieldparam key [String]
    # @api private
    def numbered(*places)
      refuse_rootless
      refuse_forked
      refuse_resuming
      refuse_after(places.filter_map { |place| @failed[place] }.first)
      number = places.map { |place| @written[place] }.max + 1
      places.each { |place| @written[place] = number }
      result = yield("#{id}/#{number}")
      done = true
      result
    ensure
      places.each { |place| @failed[place] = number } if number && !done
    end

    # A write with a name, which a run gives to one that succeeds, since a second one would be skipped.
    #
    # @param name [String, Symbol]
    # @param places [Array<String>] what the table is known by
    # @yieldparam key [String]
    # @api private
    def named(name, *places)
      key = key(name)
      uses = places.map { |place| [place, key] }
      refuse_again(name) if uses.any? { |use| @named[use] }
      result = yield(key)
      uses.each { |use| @named[use] = true }
      result
    end

    private

    def refuse_again(name)
      raise ArgumentError, "this job has already written #{name.to_s.inspect} to this table: give each write its own " \
                           "name, as in once: { job: \"part-\#{number}\" }"
    end

    def refuse_after(failed)
      return unless failed

      raise ArgumentError, "write #{failed} of job #{id} to this table failed, and once: :job cannot tell whether " \
                           "this is the same again: let the error end the job, which is then run again, or name its " \
                           "writes: once: { job: \"name\" }"
    end

    # Only where a key is asked for: jobs that write nothing are nobody's trouble.
    def refuse_rootless
      return unless @rootless

      raise ArgumentError, "job #{id} is run inline in #{@rootless}, so that its id would be " \
                           "another when that is run again: run it as DeltaLake::CurrentJob.with(\"...\") { }, with " \
                           "an id of the outer job's and its part"
    end

    # A fork has a copy of what was counted, and so has the next one.
    def forked?
      @pid != Process.pid
    end

    def refuse_forked
      return unless forked?

      raise ArgumentError, "job #{id} runs in another process, and this one cannot count its writes, nor its " \
                           "fan-outs: those take an id. #{BESIDE}"
    end

    def refuse_resuming
      return unless @resumes

      raise ArgumentError, "job #{id} may go on in its middle, so that its writes have no number: name each, as in " \
                           "once: { job: \"part-\#{cursor}\" }"
    end
  end
end
