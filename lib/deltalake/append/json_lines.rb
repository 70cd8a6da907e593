# frozen_string_literal: true

require "pathname"

module DeltaLake
  class Append
    # Rows that are lines of JSON.
    # @api private
    class JSONLines
      # Bytes that are handed over at once.
      BLOCK = 1 << 20
      # Encodings whose bytes can be taken as they are.
      BYTEWISE = [Encoding::UTF_8, Encoding::US_ASCII, Encoding::BINARY].freeze
      private_constant :BYTEWISE

      # @param source [Pathname, IO, Enumerable<String>]
      def initialize(source)
        @source = source
        @push = way_in(source)
      end

      # @return [Boolean] whether there is nothing, as far as that is known without asking for a line
      def empty?
        @source.is_a?(Array) && @source.empty?
      end

      # @param native [Native::Append]
      # @param append [Append]
      def push_to(native, append)
        @native = native
        @append = append
        native.open_json(@push == :file ? @source.to_path : nil, append.skips_bad_rows?)
        send(@push)
        take(native.finish_json)
      end

      private

      def way_in(source)
        case source
        when String
          raise TypeError, "lines are a Pathname, an IO or an Enumerable of Strings, not a String: " \
                           "give Pathname(path) for a file, StringIO.new(text) for text"
        when Hash then raise TypeError, "lines are a Hash: append takes those, in an Array"
        end
        return :blocks if source.respond_to?(:read) && !source.is_a?(Pathname)
        return source.to_path.end_with?(".gz") ? :gzip : :file if source.respond_to?(:to_path)
        return :lines if source.respond_to?(:each)

        raise TypeError, "lines are a Pathname, an IO or an Enumerable of Strings, got #{source.class}"
      end

      # By Rust, without Ruby's lock.
      def file
        while (taken = @native.read_json)
          take(taken)
        end
      end

      def gzip
        require_relative "../gzip_file"
        GzipFile.new(@source.to_path).each { |block| take(@native.push_json(block)) }
      end

      def blocks
        while (block = @source.read(BLOCK))
          take(@native.push_json(block))
        end
      end

      def lines
        block = String.new(capacity: BLOCK)
        @source.each do |line|
          append_line(block, line)
          next if block.bytesize < BLOCK

          take(@native.push_json(block))
          block.clear
        end
        take(@native.push_json(block))
      end

      def append_line(block, line)
        raise TypeError, "a line must be a String, got #{line.class}" unless line.is_a?(String)

        line = line.encode(Encoding::UTF_8) unless BYTEWISE.include?(line.encoding)
        block << (line.ascii_only? ? line : line.b)
        block << "\n" unless line.end_with?("\n")
      end

      def take(taken)
        rows, left_out = taken
        @append.took(rows)
        left_out.each { |line, error| @append.skip(line, error) }
      end
    end
  end
end
