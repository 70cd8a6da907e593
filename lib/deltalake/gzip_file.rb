# frozen_string_literal: true

require "zlib"
require_relative "errors"

module DeltaLake
  # The text of a file that gzip has made: of all its members, as `cat a.gz b.gz` and writers that append leave them.
  # @api private
  class GzipFile
    # Bytes that are read at once: they become a thousand times as many at most.
    BLOCK = 1 << 14
    # What makes zlib read gzip's own form.
    FORMAT = Zlib::MAX_WBITS + 16
    private_constant :FORMAT

    # @param path [String]
    def initialize(path)
      @path = path
    end

    # @yieldparam text [String] in bytes; a line may go on in the next
    # @return [void]
    # @raise [StorageError] where the file cannot be read, or is not what gzip makes, from its beginning to its end
    def each
      member = nil
      packed_blocks do |packed|
        until packed.empty?
          member ||= Zlib::Inflate.new(FORMAT)
          before = member.total_in
          yield reading { member.inflate(packed) }
          packed = packed.byteslice((member.total_in - before)..)
          member = member.close if member.finished?
        end
      end
      raise StorageError, "#{@path} is not whole: its gzip data has no end" if member
    ensure
      member&.close
    end

    # @yieldparam line [String]
    # @return [Enumerator, nil]
    def each_line
      return to_enum(__method__) unless block_given?

      line = +""
      each do |text|
        text.force_encoding(Encoding::UTF_8).each_line do |part|
          line << part
          next unless part.end_with?("\n")

          yield line
          line = +""
        end
      end
      yield line unless line.empty?
    end

    private

    def packed_blocks
      file = reading { File.open(@path, "rb") }
      first = reading { file.read(BLOCK) }
      raise StorageError, "#{@path} is not what gzip makes: it is empty" unless first

      yield first
      while (block = reading { file.read(BLOCK) })
        yield block
      end
    ensure
      file&.close
    end

    def reading
      yield
    rescue Zlib::Error => e
      raise StorageError, "#{@path} is not what gzip makes: #{e.message}"
    rescue Errno::EACCES => e
      raise PermissionDeniedError, "#{@path} cannot be read: #{e.message}"
    rescue SystemCallError => e
      raise StorageError, "#{@path} cannot be read: #{e.message}"
    end
  end
end
