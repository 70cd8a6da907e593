# frozen_string_literal: true

require "socket"

module Servers
  # Stands between a client and a server of HTTP: keeps a list of the requests, and holds each back for some time, as a
  # network would. Connections stay open, and requests on different ones do not wait for each other.
  class Recorder
    # One request: its method, its target, the bytes of its body.
    Request = Struct.new(:verb, :target, :bytes) do
      # As a store counts: :get, :put, :list, :head or :delete.
      def kind
        return :list if target.match?(/[?&](list-type=|comp=list)/)
        return :delete if verb == "POST" && target.match?(/[?&](delete|comp=batch)/)

        verb == "POST" ? :put : verb.downcase.to_sym
      end

      def to_s
        "#{verb} #{target}"
      end
    end

    # Requests that wait for each other, until so many are there.
    Group = Struct.new(:wanted, :waiting) do
      def complete? = waiting >= wanted
    end

    # How long the others of a group are waited for, in seconds, before the requests go on without them.
    LONGEST_HOLD = 10

    attr_reader :port

    # @param upstream [Integer] the server's port on this machine
    # @param delay [Float] seconds
    def initialize(upstream, delay: 0)
      @upstream = upstream
      @delay = delay
      @lock = Mutex.new
      @requests = []
      @connections = 0
      @groups = []
      @others = ConditionVariable.new
    end

    def start
      @server = TCPServer.new("127.0.0.1", 0)
      @port = @server.addr[1]
      @acceptor = Thread.new { accept }
      self
    end

    def stop
      @server.close
      @acceptor.kill
    end

    # The requests since it was last asked, and the connections that were made for them.
    def take
      @lock.synchronize do
        taken = [@requests, @connections]
        @requests = []
        @connections = 0
        taken
      end
    end

    # From now on the first so many requests are answered when all of them are there, then the next so many, and so on:
    # whoever makes them one after the other comes to wait.
    def hold(*sizes)
      @lock.synchronize { @groups = sizes.map { |size| Group.new(size, 0) } }
    end

    # @return [Array<Group>] those that did not come together
    def held
      @lock.synchronize { @groups.dup }
    end

    private

    def accept
      loop do
        client = @server.accept
        @lock.synchronize { @connections += 1 }
        Thread.new { serve(client) }
      end
    rescue IOError
      nil
    end

    def serve(client)
      upstream = TCPSocket.new("127.0.0.1", @upstream)
      [client, upstream].each { |socket| socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1) }
      answers = Thread.new { pass(upstream, client) }
      nil while forward(client, upstream)
    rescue IOError, SystemCallError
      nil
    ensure
      upstream&.close
      answers&.join
      client.close
    end

    def pass(upstream, client)
      IO.copy_stream(upstream, client)
    rescue IOError, SystemCallError
      nil
    ensure
      # The client is waited for in a read, which only this ends.
      client.shutdown rescue nil # rubocop:disable Style/RescueModifier
    end

    def wait_for_others
      group = @groups.find { |one| !one.complete? } or return
      group.waiting += 1
      if group.complete?
        @groups.delete_if { |one| one.equal?(group) }
        return @others.broadcast
      end
      limit = now + LONGEST_HOLD
      @others.wait(@lock, limit - now) until group.complete? || now > limit
      group.waiting -= 1 unless group.complete?
    end

    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    # One request; false where there are no more.
    def forward(client, upstream)
      head = client.gets("\r\n\r\n") or return false
      length = head[/^content-length: *(\d+)/i, 1].to_i
      verb, target = head.split(" ", 3)
      @lock.synchronize do
        @requests << Request.new(verb, target, length)
        wait_for_others
      end
      sleep(@delay) if @delay.positive?
      upstream.write(head)
      IO.copy_stream(client, upstream, length) if length.positive?
      true
    end
  end
end
