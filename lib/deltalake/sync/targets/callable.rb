# frozen_string_literal: true

require "fileutils"

module DeltaLake
  class Sync
    # What rows can go to. A target of one's own is any object with
    #
    # - `cursor`: the text that the last batch brought, nil before the first
    # - `apply(batch)`: does what a {Batch} says, its deletes first, and keeps its cursor; all of it or nothing where
    #   that can be. Else rows first and the cursor last: a batch that was cut short comes again. Where `cursor` has
    #   become another text than {Batch#expected}, it calls {Batch#taken_over!}
    # - `key(value)`, if it likes: a key in its own form; an Array comes where several columns make it
    # - `each_key(size)`, if it can: yields Arrays of all keys that it has, in that form. Without it, a full copy
    #   deletes nothing
    # - `identity`, if it likes: a String or several that tell it from other targets that keep cursors in the same place
    # - `bind(name:, key:, schema:, mapping:)`, if it wants to know: called before anything else of a run, and
    #   again where the table is found to be newer than it was then
    module Targets
      # A Proc, or anything with `call`, that gets each {Batch} that has rows. It says nothing of where it is, so the
      # cursor is kept in a file beside; or in memory, for as long as the {Sync} lives.
      class Callable
        # @param callable [#call]
        # @param path [String, Pathname, nil] file of the cursor
        def initialize(callable, path = nil)
          @callable = callable
          @path = path&.to_s
        end

        # @return [String, nil]
        def cursor
          return @text if @path.nil?

          File.read(@path, encoding: Encoding::UTF_8)
        rescue Errno::ENOENT
          nil
        end

        # @param batch [Batch]
        def apply(batch)
          batch.taken_over! if cursor != batch.expected
          @callable.call(batch) unless batch.empty?
          @path ? write(batch.cursor) : @text = batch.cursor
        end

        private

        # Whoever dies in the middle leaves the old cursor.
        def write(text)
          FileUtils.mkdir_p(File.dirname(@path))
          temporary = "#{@path}.#{Process.pid}"
          File.open(temporary, "w") do |file|
            file.write(text)
            file.fsync
          end
          File.rename(temporary, @path)
        end
      end
    end
  end
end
