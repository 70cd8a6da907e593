# frozen_string_literal: true

require "timeout"
require_relative "given"

module DeltaLake
  module Storage
    # Objects that give credentials, by number, and the thread that asks them: the native side has numbers only, and
    # never calls Ruby from threads of its own.
    # @api private
    module Providers
      # An object, its number, how many options of tables name it, and what is held while it is asked, since it need not
      # know of threads.
      Entry = Struct.new(:number, :mark, :object, :uses, :lock)
      # Characters of what an object says that are passed on.
      WORDS = 300

      @lock = Mutex.new
      @starting = Mutex.new
      @entries = {}.compare_by_identity
      @objects = {}
      @marked = {}
      @last = 0

      class << self
        # One more use of the object, which is kept until {release}, or until the native side has let go of it.
        #
        # @param held [Array<Integer>] gets its number: the same as long as it is kept
        # @return [String] what stands for it among options
        def hold(object, held)
          @lock.synchronize do
            Native.credentials_unused.each { |number| let_go(number) }
            use(@entries[object] || add(object), held).mark
          end
        end

        # Another use of each of the objects that these options have marks of.
        def hold_marked(options, held)
          @lock.synchronize do
            options.each_value { |value| @marked[value]&.then { |entry| use(entry, held) } }
          end
        end

        # @param numbers [Array<Integer>] one for each use
        def release(numbers)
          @lock.synchronize { numbers.each { |number| let_go(number) } }
        end

        # Sees to it that a thread is there to ask. After a fork there is none; nor where somebody has ended it.
        def serve
          return if @thread&.alive? || !@starting.try_lock

          begin
            @thread = Thread.new { ask_for_ever }
            @thread.name = "deltalake credentials"
          ensure
            @starting.unlock
          end
        end

        # @return [Integer] objects that are kept
        def size
          @objects.size
        end

        private

        def add(object)
          number = @last += 1
          entry = Entry.new(number, Native.credentials_mark(number), object, 0, Mutex.new)
          @entries[object] = @objects[number] = @marked[entry.mark] = entry
        end

        def use(entry, held)
          entry.uses += 1
          held << entry.number
          entry
        end

        def let_go(number)
          entry = @objects[number] or return
          return unless (entry.uses -= 1).zero?

          @objects.delete(number)
          @marked.delete(entry.mark)
          @entries.delete(entry.object)
        end

        # It may end while it waits, but not with a question in its hands.
        def ask_for_ever
          Thread.handle_interrupt(Object => :on_blocking) do
            loop do
              question = Native.credentials_wanted
              Thread.new(*question) { |*parts| answer(*parts) } if question
            end
          end
        end

        # On a thread of its own: one object that hangs does not keep others from being asked.
        def answer(ticket, number, again, limit)
          why = "was asked by a thread that somebody ended"
          fields = nil
          Thread.handle_interrupt(Object => :immediate) { fields, why = asked(number, again, limit) }
        ensure
          fields ? Native.credentials_given(ticket, *fields) : Native.credentials_refused(ticket, told(why))
        end

        # Fields, or why there are none.
        def asked(number, again, limit)
          entry = @lock.synchronize { @objects[number] }
          return [nil, "is kept no more"] unless entry

          # Whoever waits says so first.
          [Timeout.timeout(limit + 1) { entry.lock.synchronize { Given.by(entry.object, again) } }, nil]
        rescue Given::Rubbish => e
          [nil, e.message]
        rescue Exception => e # rubocop:disable Lint/RescueException -- whatever it is, somebody waits to hear of it
          [nil, "raised #{e.class}: #{e.message}"]
        end

        def told(why)
          words = why.to_s.dup.force_encoding(Encoding::UTF_8).scrub("?").lines.first.to_s.gsub(/[[:cntrl:]]/, " ")
          "the object that is given as credentials #{words.strip[0, WORDS]}"
        end
      end
    end
  end
end
