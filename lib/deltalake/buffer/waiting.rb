# frozen_string_literal: true

require_relative "batch"
require_relative "estimate"

module DeltaLake
  class Buffer
    # The rows of one process that are not in the table yet: a batch that is being filled, and those that are full, in
    # order. Threads wait here: who pushes for room, the flusher for work, who flushes for the end of it.
    # @api private
    class Waiting
      # Seconds between two looks of who waits at whether anybody is at work.
      LOOK = 0.25
      private_constant :LOOK

      # @return [Integer] process that the rows belong to
      attr_reader :pid

      # @param table [String] address
      # @param limits [Limits]
      def initialize(table, limits)
        @pid = Process.pid
        @table = table
        @limits = limits
        @lock = Mutex.new
        @room, @work, @end, @shut = Array.new(4) { ConditionVariable.new }
        @full = []
        @number = 0
        @open = Batch.new(@table, 0)
        @rows = @bytes = 0
        @not_before = 0
      end

      # @return [Integer]
      def rows
        @lock.synchronize { @rows }
      end

      # @return [Integer]
      def bytes
        @lock.synchronize { @bytes }
      end

      # Takes all of the rows, or none.
      #
      # @param rows [Array<Hash>]
      # @param timeout [Numeric] seconds to wait for room
      # @yieldreturn [Exception, nil] why there is none: the last failure of a flush. Now and then while it waits
      def add(rows, timeout, &cause)
        sizes = rows.map { |row| Estimate.bytes(row) }
        # Whatever is raised in this thread from outside waits until all of the rows are in.
        Thread.handle_interrupt(Object => :on_blocking) do
          @lock.synchronize do
            wait_for_room(rows.size, sizes.sum, Clock.now + timeout, &cause)
            refuse_closed
            add_all(rows, sizes)
          end
        end
      end

      # The next batch, when it is time for it.
      #
      # @return [Batch, nil] nil where nothing is to come any more
      def take
        @lock.synchronize do
          loop do
            seal(:age) if due?(@open, Clock.now)
            return @full.first if @full.any? && Clock.now >= @not_before
            return if @closed && @full.empty?

            @work.wait(@lock, seconds_to_wait)
          end
        end
      end

      # @param batch [Batch] whose rows are in the table, or taken care of
      # @param rows [Integer] that it had
      def finished(batch, rows: batch.rows.size)
        @lock.synchronize do
          next unless @full.delete(batch)

          free(rows, batch.bytes)
          @not_before = 0
          @end.broadcast
        end
      end

      # @param rows [Integer] that were taken out of a batch
      def dropped(rows)
        @lock.synchronize { free(rows, 0) } unless rows.zero?
      end

      # @param batch [Batch]
      # @param others [Array<Batch>] that have its rows
      def replaced(batch, others)
        @lock.synchronize do
          @full.delete(batch)
          @full.unshift(*others)
          @bytes += others.sum(&:bytes) - batch.bytes
        end
      end

      # @param seconds [Numeric] that nothing is to be tried
      def pause(seconds)
        @lock.synchronize { @not_before = Clock.now + seconds }
      end

      # Makes what there is a batch, to be flushed at once.
      #
      # @return [Integer] number of the last batch
      def seal_now
        @lock.synchronize do
          seal(:flush) if @open.rows.any?
          @not_before = 0
          @work.signal
          @number
        end
      end

      # @param number [Integer] of a batch
      # @param deadline [Float] of the monotonic clock
      # @return [Boolean] whether it, and all before, came to their end
      def wait_for(number, deadline)
        @lock.synchronize do
          while @full.any? { |batch| batch.number <= number }
            left = deadline - Clock.now
            return false unless left.positive?

            @end.wait(@lock, [left, LOOK].min)
            yield
          end
          true
        end
      end

      # From now on nothing is taken.
      def close
        @lock.synchronize do
          @closed = true
          seal(:close) if @open.rows.any?
          @not_before = 0
          [@room, @work, @shut].each(&:broadcast)
        end
      end

      # @return [Boolean]
      def closed?
        @lock.synchronize { @closed ? true : false }
      end

      # @param seconds [Numeric] to do nothing, unless it is closed
      def idle(seconds)
        @lock.synchronize { @shut.wait(@lock, seconds) unless @closed }
      end

      # @return [Array<Batch>] what nobody has finished
      def rest
        @lock.synchronize { @full.dup }
      end

      private

      def add_all(rows, sizes)
        @rows += rows.size
        @bytes += sizes.sum
        rows.zip(sizes) { |row, size| add_one(row, size) }
        @work.signal
      end

      def add_one(row, size)
        @open.add(row, size, Clock.now)
        if @open.rows.size >= @limits.rows
          seal(:rows)
        elsif @open.bytes >= @limits.bytes
          seal(:bytes)
        end
      end

      def seal(why)
        @open.why = why
        @full << @open
        @number = @open.number
        @open = Batch.new(@table, @number + 1)
      end

      def free(rows, bytes)
        @rows -= rows
        @bytes -= bytes
        @room.broadcast
      end

      # What is larger than the bound alone gets in where nothing waits.
      def room?(rows, bytes)
        @rows.zero? || (@rows + rows <= @limits.max_rows && @bytes + bytes <= @limits.max_bytes)
      end

      def wait_for_room(rows, bytes, deadline)
        until @closed || room?(rows, bytes)
          left = deadline - Clock.now
          cause = yield
          unless left.positive?
            raise BufferFullError.new("#{@rows} rows (#{@bytes} bytes) wait to be flushed, and there was no room for " \
                                      "#{rows} more in time#{": #{cause.message}" if cause}"), cause: cause
          end
          seal_for_room
          @room.wait(@lock, [left, LOOK].min)
        end
      end

      # What keeps out others is no longer left to its limits, nor to its age.
      def seal_for_room
        return if @full.any? || @open.rows.empty?

        seal(:full)
        @work.signal
      end

      def refuse_closed
        raise BufferClosedError, "the buffer is closed: no row was taken" if @closed
      end

      def due?(batch, time)
        batch.rows.any? && time >= batch.since + @limits.age
      end

      def seconds_to_wait
        times = []
        times << @not_before if @full.any?
        times << (@open.since + @limits.age) if @open.rows.any?
        times.min&.then { |time| [time - Clock.now, 0.001].max }
      end
    end
  end
end
