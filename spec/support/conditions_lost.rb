# frozen_string_literal: true

require "socket"

# Stands in front of a store and passes everything on, but for the condition of conditional puts: as some stores do
# that do not know it.
class ConditionsLost
  CONDITIONS = /\A(?:if-none-match|if-match|x-goog-if-generation-match):/i

  # @param answer [String, nil] the status that conditional puts get instead
  def initialize(port, answer: nil)
    @port = port
    @answer = answer
    @server = TCPServer.new("127.0.0.1", 0)
    @thread = Thread.new { accept }
  end

  def endpoint
    "http://127.0.0.1:#{@server.addr[1]}"
  end

  def stop
    @thread.kill
    @server.close
  end

  private

  def accept
    loop { Thread.new(@server.accept) { |client| pass(client) } }
  end

  # One request of a connection; who wants another connects again.
  def pass(client)
    return unless (head = client.gets("\r\n\r\n"))

    lines = head.split("\r\n")
    conditional = lines.any?(CONDITIONS)
    body = client.read(lines.grep(/\Acontent-length:/i).sum { |line| Integer(line.split(":")[1]) })
    if conditional && @answer
      client.write("HTTP/1.1 #{@answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    else
      forward(lines.grep_v(CONDITIONS).grep_v(/\Aconnection:/i), body, client)
    end
  rescue SystemCallError, IOError
    nil
  ensure
    client.close
  end

  def forward(lines, body, client)
    TCPSocket.open("127.0.0.1", @port) do |server|
      server.write("#{lines.join("\r\n")}\r\nConnection: close\r\n\r\n#{body}")
      IO.copy_stream(server, client)
    end
  end
end
