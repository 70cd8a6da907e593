# frozen_string_literal: true

require "socket"

# Stands in front of a store, and spoils the requests that are picked: refuses them, breaks the connection before or
# after the store has done what was asked, or sends an answer that is late, short or wrong. One request a connection.
# A fault is a name, or what to refuse with (status, body and headers), or what makes another answer of the store's.
class FaultProxy
  Request = Struct.new(:number, :verb, :target, :head) do
    def to_s = "#{verb} #{target}"

    # The access key that signed it.
    def key_id = head[%r{^authorization:.*Credential=([^/,]+)}i, 1]

    # What goes with the signature, or in place of it.
    def token = head[/^x-amz-security-token: *(.*?)\r/i, 1] || head[/^authorization: *Bearer (.*?)\r/i, 1]
  end

  BROKEN = {
    throttled: ["503 Slow Down", "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"],
    too_many: ["429 Too Many Requests", ""],
    failing: ["500 Internal Server Error", "<Error><Code>InternalError</Code></Error>"],
    denied: ["403 Forbidden", "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"],
    expired: ["400 Bad Request", "<Error><Code>ExpiredToken</Code><Message>The token has expired.</Message></Error>"],
    no_longer: ["400 Bad Request", '{"__type":"com.amazonaws.dynamodb.v20120810#ExpiredTokenException"}'],
    unauthorized: ["401 Unauthorized", ""],
    skewed: ["403 Forbidden", "<Error><Code>RequestTimeTooSkewed</Code></Error>"],
    no_bucket: ["404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>"]
  }.freeze

  # Picks a fault, or nil, for each request.
  attr_writer :judge

  # @param port [Integer] the server's on this machine
  def initialize(port)
    @port = port
    @lock = Mutex.new
    @server = TCPServer.new("127.0.0.1", 0)
    clear
    @thread = Thread.new { accept }
  end

  def port = @server.addr[1]

  # Forgets all requests, and spoils none.
  def clear
    forget
    @judge = ->(_) {}
  end

  # Forgets all requests.
  def forget
    @lock.synchronize { @requests = [] }
  end

  # @return [Array<Request>] since the beginning, or {#clear}
  def requests = @lock.synchronize { @requests.dup }

  def stop
    @thread.kill
    @server.close
  end

  private

  def accept
    loop { Thread.new(@server.accept) { |client| serve(client) } }
  end

  def serve(client)
    return unless (head = client.gets("\r\n\r\n"))

    lines = head.split("\r\n")
    body = client.read(lines.grep(/\Acontent-length:/i).sum { |line| Integer(line.split(":")[1]) })
    request = noted(*lines.first.split[0, 2], head)
    answer(client, @judge.call(request)) { forward(lines.grep_v(/\Aconnection:/i), body) }
  rescue SystemCallError, IOError
    nil
  ensure
    client.close
  end

  def noted(*parts)
    @lock.synchronize { Request.new(@requests.size, *parts).tap { |request| @requests << request } }
  end

  def answer(client, fault, &done)
    case fault
    when nil then client.write(yield)
    when *BROKEN.keys then refuse(client, *BROKEN.fetch(fault))
    when Array then refuse(client, *fault)
    when Proc then client.write(fault.call(yield))
    when :before then reset(client)
    when :stalled then client.read
    else spoil(client, fault, &done)
    end
  end

  # The store does it.
  def spoil(client, fault)
    answer = yield
    case fault
    when :after then reset(client)
    when :done_and_failing then refuse(client, *BROKEN.fetch(:failing))
    when :cut then cut(client, answer)
    when :ranged then client.write(answer.sub(/^content-range:.*?\r/i, "Content-Range: bytes 7-8/9\r"))
    else raise ArgumentError, "no fault is called #{fault.inspect}"
    end
  end

  def refuse(client, status, body, headers = {})
    headers = { **headers, "Content-Length" => body.bytesize, "Connection" => "close" }
    lines = ["HTTP/1.1 #{status}", *headers.map { |pair| pair.join(": ") }]
    client.write("#{lines.join("\r\n")}\r\n\r\n#{body}")
  end

  # The peer sees a connection reset, and not its end.
  def reset(client)
    client.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii"))
  end

  # Half of the body, and then nothing.
  def cut(client, answer)
    head = answer.index("\r\n\r\n") + 4
    client.write(answer.byteslice(0, head + ((answer.bytesize - head) / 2)))
    reset(client)
  end

  def forward(lines, body)
    TCPSocket.open("127.0.0.1", @port) do |server|
      server.write("#{lines.join("\r\n")}\r\nConnection: close\r\n\r\n#{body}")
      server.read.b
    end
  end
end
