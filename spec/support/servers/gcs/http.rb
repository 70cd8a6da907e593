# frozen_string_literal: true

require "socket"
require "time"
require "uri"

module Servers
  module Gcs
    # Enough of HTTP/1.1 for a server of the suite: a thread a connection, which stays open.
    class Http
      Request = Struct.new(:verb, :path, :query, :headers, :body, keyword_init: true)
      Response = Struct.new(:status, :headers, :body, keyword_init: true)

      REASONS = { 200 => "OK", 201 => "Created", 204 => "No Content", 206 => "Partial Content", 304 => "Not Modified",
                  400 => "Bad Request", 404 => "Not Found", 405 => "Method Not Allowed", 409 => "Conflict",
                  411 => "Length Required", 412 => "Precondition Failed", 416 => "Range Not Satisfiable",
                  500 => "Internal Server Error" }.freeze

      # Text without its percent escapes; `+` is itself, unlike in forms.
      def self.unescape(text)
        text.b.gsub(/%(\h\h)/n) { [Regexp.last_match(1)].pack("H2") }.force_encoding(Encoding::UTF_8)
      end

      # @yieldparam request [Request]
      # @yieldreturn [Response]
      def initialize(port, &answer)
        @port = port
        @answer = answer
      end

      def run
        server = TCPServer.new("127.0.0.1", @port)
        loop { Thread.new(server.accept) { |socket| serve(socket) } }
      end

      private

      def serve(socket)
        socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
        while (request = read(socket))
          write(socket, request, respond(request))
          break if request.headers["connection"]&.downcase == "close"
        end
      rescue SystemCallError, IOError
        nil
      ensure
        socket.close
      end

      def respond(request)
        return Response.new(status: 411, headers: {}, body: "") unless request.body

        @answer.call(request)
      rescue StandardError => e
        warn e.full_message
        Response.new(status: 500, headers: {}, body: "")
      end

      def read(socket)
        verb, target = socket.gets("\r\n", 65_536)&.split
        return unless target

        headers = read_headers(socket)
        path, query = target.split("?", 2)
        Request.new(verb:, path: self.class.unescape(path), query: URI.decode_www_form(query.to_s).to_h,
                    headers:, body: read_body(socket, verb, headers))
      end

      def read_headers(socket)
        headers = {}
        until (line = socket.gets("\r\n", 65_536, chomp: true)).nil? || line.empty?
          name, value = line.split(":", 2)
          headers[name.downcase] = value.to_s.strip
        end
        headers
      end

      # Nil where it does not say how long it is, as the real one asks of uploads.
      def read_body(socket, verb, headers)
        length = headers["content-length"]
        return %w[PUT POST].include?(verb) ? nil : "" unless length

        body = socket.read(Integer(length, 10))
        body.bytesize == Integer(length, 10) ? body : raise(IOError, "the client went away")
      end

      def write(socket, request, response)
        lengths = { "content-length" => response.body.bytesize, "date" => Time.now.httpdate }
        headers = lengths.merge(response.headers).map { |name, value| "#{name}: #{value}\r\n" }
        head = "HTTP/1.1 #{response.status} #{REASONS.fetch(response.status)}\r\n#{headers.join}\r\n"
        bare = request.verb == "HEAD" || [204, 304].include?(response.status)
        socket.write(head, *(response.body unless bare))
      end
    end
  end
end
