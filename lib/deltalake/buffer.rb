# frozen_string_literal: true

require_relative "../deltalake"
require_relative "buffer/batch"
require_relative "buffer/dead_letters"
require_relative "buffer/flusher"
require_relative "buffer/registry"
require_relative "buffer/waiting"
require_relative "buffer/writer"

module DeltaLake
  # Gathers rows of many threads, and appends them in one commit when there are enough of them, or the first one has
  # waited long enough.
  #
  # **What it means that {#push} returns:** the row is in the memory of this process, and nowhere else yet. It goes to
  # exactly one place: the table, once; `dead_letter`, where the table refuses it; or, where the process ends before
  # it could be flushed, `hand_over`, and without one `dead_letter`. Only what ends a process without a word loses
  # it: `kill -9`, `exit!`, a crash, a power failure. Whoever cannot have that calls {#flush}, or uses
  # {Table#append} with `group: true`, which returns when the rows are in the table. Where {#push} raises an
  # error of its own, the row was not taken. Where another is raised in its thread from outside, by `Timeout` for one,
  # it may have been: use `push_timeout`.
  #
  # A flush has a key, and keeps it however often it is tried; one whose outcome is not known is tried again and never
  # doubled. Rows go in the order in which they were pushed by a thread. A buffer belongs to the process that pushes:
  # rows pushed before a fork stay with the parent, and the child begins with none. At the end of a process buffers
  # are closed by themselves.
  #
  # @example
  #   require "deltalake/buffer"
  #
  #   EVENTS = DeltaLake::Buffer.new("s3://bucket/events", age: 2,
  #                                  dead_letter: ->(row, error) { Rails.logger.error("#{error.message}: #{row}") })
  #   EVENTS.push(id: 1, name: "click")   # from any thread
  class Buffer
    # When a batch is full, and how much may wait.
    # @api private
    Limits = Struct.new(:rows, :bytes, :age, :max_rows, :max_bytes, keyword_init: true)
    # All that belongs to one process, and whether rows were given away.
    # @api private
    State = Struct.new(:waiting, :flusher, :letters, :given_away)
    # What callables of the user's may raise, a method that is not there yet among it.
    # @api private
    FAULTS = [StandardError, ScriptError].freeze
    # Seconds that `dead_letter` has for a row at the end, at least.
    # @api private
    LETTER = 5
    FORK = Mutex.new
    private_constant :FORK

    # @return [String] address of the table
    attr_reader :table
    # @return [Numeric] seconds
    # @api private
    attr_reader :close_deadline

    # @param table [String, Pathname, Symbol, Table] an address, or the name of one, is opened at the first flush
    # @param dead_letter [#call] is given each row that the table refuses, and its error; one that raises is given the
    #   row again
    # @param storage [Hash, Symbol] options of the store, or the name of a profile
    # @param rows [Integer] a flush begins when so many rows have come
    # @param bytes [Integer] or so many bytes, about, of Ruby's memory
    # @param age [Numeric] or when the first row has waited so many seconds
    # @param max_rows [Integer] rows that may wait at once; ten times `rows` where nobody says
    # @param max_bytes [Integer] bytes that may wait at once; eight times `bytes` where nobody says
    # @param push_timeout [Numeric] seconds that {#push} waits for room
    # @param deadline [Numeric] seconds for a try of a flush, more than 0
    # @param close_deadline [Numeric] seconds for {#close}, where it is not told
    # @param hand_over [#call, nil] is given each {Batch} that could not be flushed until the end; see
    #   {Sidekiq::HandOver}
    # @param on_error [#call, nil] is given the error of each try that failed; the configured logger is told where
    #   there is none
    # @param on_unknown [Symbol] (see Table#append)
    def initialize(table, dead_letter:, storage: {}, rows: 10_000, bytes: 8 << 20, age: 5, max_rows: rows * 10,
                   max_bytes: bytes * 8, push_timeout: 10, deadline: 60, close_deadline: 4, hand_over: nil,
                   on_error: nil, on_unknown: :raise)
      @dead_letter = callable(:dead_letter, dead_letter)
      @hand_over = hand_over && callable(:hand_over, hand_over)
      @on_error = on_error ? callable(:on_error, on_error) : method(:log)
      @limits = limits(rows:, bytes:, age:, max_rows:, max_bytes:)
      @push_timeout, @deadline, @close_deadline =
        { push_timeout:, deadline:, close_deadline: }.map { |name, value| seconds(name, value) }
      Arguments.deadline(deadline)
      Arguments.one_of(:on_unknown, on_unknown, %i[raise ignore add])
      NamedTables.find(table, {}) if table.is_a?(Symbol)
      @table = Address.without_secret(table)
      @how = { name: (table if table.is_a?(Symbol)), profile: (storage if storage.is_a?(Symbol)), on_unknown: }.freeze
      @writer = Writer.new(table.is_a?(Table) || table.is_a?(Symbol) ? table : @table, storage, { on_unknown: })
      @closing = Mutex.new
    end

    # Takes a row. Waits while the buffer is full.
    #
    # @param row [Hash] as for {Table#append}; its values must not be changed afterwards
    # @return [self]
    # @raise [BufferFullError] where there was no room in time; the row was not taken
    # @raise [BufferClosedError] where the buffer is closed; the row was not taken
    def push(row)
      take([row])
    end
    alias << push

    # Takes all of these rows, or raises and takes none.
    #
    # @param rows [Enumerable<Hash>]
    # @return [self]
    # @raise (see #push)
    def concat(rows)
      take(rows.to_a)
    end

    # Waits until all rows that were taken before are in the table, or with `dead_letter`.
    #
    # @param deadline [Numeric] most seconds to wait
    # @return [self]
    # @raise [DeadlineExceededError] where they are not; its cause is why the last try failed. They are still taken care
    #   of
    def flush(deadline: @deadline)
      state = self.state
      number = state.waiting.seal_now
      flushed = state.waiting.wait_for(number, Clock.now + seconds(:deadline, deadline)) { state.flusher.start }
      unless flushed
        why = state.flusher.last_error
        raise DeadlineExceededError.new("rows were not flushed in #{deadline} s#{": #{why.message}" if why}",
                                        table: Address.shown(table)), cause: why
      end
      self
    end

    # Begins to flush what there is, and does not wait.
    #
    # @return [self]
    def flush_soon
      state.waiting.seal_now
      self
    end

    # Takes no more rows, flushes what there is, and hands over what cannot be flushed in time. Then it waits for
    # `dead_letter`, while that takes no longer than the deadline for a row, and five seconds at least; rows that it has
    # not taken by then go to the configured logger, or standard error.
    #
    # @param deadline [Numeric] most seconds to flush; a commit that is on its way then is waited for five more
    # @return [Boolean] whether all rows are in the table, or were refused by it and taken by `dead_letter`
    # @raise [StandardError, ScriptError] what `dead_letter` raised, when it was given every row
    def close(deadline: @close_deadline)
      seconds(:deadline, deadline)
      @closing.synchronize { end_state(state, deadline).tap { Registry.remove(self) } }
    end

    # As {#close}, where the process ends. Rows that come meanwhile, as of another's `dead_letter`, begin it anew.
    #
    # @api private
    def close_with_process
      @closing.synchronize do
        @ending = state
        FORK.synchronize { @state = nil } unless @ending.waiting.closed?
        end_state(@ending, @close_deadline)
      end
    end

    # Leaves to `dead_letter` what nobody has taken, without another try: the process ends while it is being closed.
    #
    # @api private
    def give_up
      @hand_over = nil
      state = @ending || self.state
      rest(state).each { |batch| give_away(batch, state) }
      state.letters.deliver_patiently(LETTER)
    end

    # Leaves to the log what `dead_letter` has not taken: the process ends.
    #
    # @api private
    def write_down
      (@ending || state).letters.write_down
    end

    # @return [Integer] rows that are not in the table yet
    def size
      state.waiting.rows
    end

    # @return [Integer] their bytes, about
    def bytes
      state.waiting.bytes
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{Address.shown(table)} rows=#{size} bytes=#{bytes}>"
    end

    private

    def take(rows)
      rows.each do |row|
        raise TypeError, "a row must be a Hash, got #{row.class}: none was taken" unless row.is_a?(Hash)
      end
      return self if rows.empty?

      rows = rows.map(&:dup)
      begin
        state = self.state
        add(rows, state)
      rescue BufferClosedError
        retry unless state.equal?(self.state)
        raise
      end
      self
    end

    def add(rows, state)
      Registry.add(self)
      state.flusher.start
      state.waiting.add(rows, @push_timeout) do
        state.flusher.start
        state.flusher.last_error
      end
    end

    # Anew in the child of a fork.
    def state
      state = @state
      return state if state && state.waiting.pid == Process.pid

      FORK.synchronize do
        @state = new_state unless @state && @state.waiting.pid == Process.pid
        @state
      end
    end

    def new_state
      waiting = Waiting.new(table, @limits)
      letters = DeadLetters.new(table, @dead_letter)
      State.new(waiting, Flusher.new(waiting, letters, @writer, deadline: @deadline, on_error: @on_error), letters)
    end

    # Whether all rows are in the table, or were refused and taken.
    def end_state(state, deadline)
      state.waiting.close
      state.flusher.finish(Clock.now + deadline)
      rest(state).each { |batch| give_away(batch, state) }
      taken = state.letters.deliver_patiently([deadline, LETTER].max)
      taken && !state.given_away
    end

    # What is neither in the table nor with who takes refused rows.
    def rest(state)
      state.waiting.rest.reject { |batch| batch.rows.empty? || batch.landed? }
    end

    # To the user, in the end to the one who takes refused rows. What breaks off the user leaves open where the rows
    # are: they are not tried again, for their keys may be others than the flush's by now.
    def give_away(batch, state)
      Thread.handle_interrupt(Object => :never) do
        why = outcome_unknown(batch)
        why = Thread.handle_interrupt(Object => :immediate) { refusal(batch) { why = nil } }
      ensure
        letters(batch, why).each { |row, error| state.letters.add(row, error) }
        state.given_away = true
        state.waiting.finished(batch)
      end
    end

    # Why the user does not take the rows, or nil. The block is called as soon as they are taken. Who raises may have
    # taken them, as when no answer of Redis came.
    def refusal(batch, &taken)
      raise DeadlineExceededError, "rows were not flushed before the end" unless @hand_over

      hand_over(batch, &taken)
      nil
    rescue *FAULTS => e
      log(e)
      batch.uncertain? || @hand_over ? outcome_unknown(batch, e) : e
    end

    # What goes to the one who takes refused rows: all, or what the user refuses.
    def letters(batch, why)
      (why ? batch.rows : batch.refused.keys).map do |row|
        [row, batch.uncertain? ? why || outcome_unknown(batch) : batch.refused.fetch(row, why)]
      end
    end

    def hand_over(batch, &taken)
      batch.comes_from(@how)
      known = { rows: batch.rows.size, memory: batch.bytes, uncertain: batch.uncertain? }
      Instrumentation.tell_run(:hand_over, Address.of(table), **known) { @hand_over.call(batch).tap(&taken) }
    end

    def outcome_unknown(batch, cause = nil)
      handed = "have been handed over, or " if @hand_over
      raise CommitOutcomeUnknownError.new("the row may #{handed}be in the table already, with once: " \
                                          "#{batch.key.inspect}", table:), cause:
    rescue CommitOutcomeUnknownError => e
      e
    end

    def log(error)
      Log.error { "#{Address.shown(table)}: rows wait, for a flush failed: #{error.message}" }
    end

    def limits(age:, **counts)
      counts = counts.to_h { |name, count| [name, Arguments.positive(name, count)] }
      Limits.new(**counts, age: seconds(:age, age)).freeze
    end

    def callable(name, value)
      return value if value.respond_to?(:call)

      raise ArgumentError, "#{name} must respond to call, got #{value.class}"
    end

    def seconds(name, value)
      return value if value.is_a?(Numeric) && value.real? && value.to_f.finite? && !value.negative?

      raise ArgumentError, "#{name} must be 0 seconds or more and finite, got #{value.inspect}"
    end
  end
end
