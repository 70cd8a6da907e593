# frozen_string_literal: true

require "json"
require "socket"
require "time"
require "uri"

module Servers
  # What machines in clouds ask for their credentials: metadata services of instances, agents of containers, STS. In the
  # process of the specs, and with a list of what it was asked.
  class Metadata
    Request = Struct.new(:verb, :path, :headers, :form)

    # Credentials that it gives: `key`, `secret`, perhaps `token`, seconds that they last.
    attr_accessor :keys
    # A status, by the beginning of the path, to answer with in place of what is asked for; or :silence.
    attr_accessor :spoilt

    def initialize(key: S3::KEY, secret: S3::SECRET, token: nil, seconds: 3600)
      @keys = { key: key, secret: secret, token: token, seconds: seconds }
      @spoilt = {}
      @requests = []
      @lock = Mutex.new
      @server = TCPServer.new("127.0.0.1", 0)
      @thread = Thread.new { loop { Thread.new(@server.accept) { |client| serve(client) } } }
    end

    def endpoint = "http://127.0.0.1:#{@server.addr[1]}"

    def requests = @lock.synchronize { @requests.dup }

    def stop
      @thread.kill
      @server.close
    end

    private

    def serve(client)
      head = client.gets("\r\n\r\n") or return
      lines = head.split("\r\n")
      headers = lines.drop(1).to_h { |line| line.split(/: */, 2) }.transform_keys(&:downcase)
      body = client.read(headers.fetch("content-length", 0).to_i)
      verb, path = lines.first.split
      request = Request.new(verb, path, headers, URI.decode_www_form(body).to_h)
      @lock.synchronize { @requests << request }
      write(client, *answer(request))
    rescue SystemCallError, IOError
      nil
    ensure
      client.close
    end

    def write(client, status, body)
      return client.read if status == :silence

      client.write("HTTP/1.1 #{status} So\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
    end

    def answer(request)
      spoilt = @spoilt.find { |prefix, _| request.path.start_with?(prefix) }
      return [spoilt.last, ""] if spoilt

      case request.path
      when "/latest/api/token" then request.verb == "PUT" ? [200, "session"] : [405, ""]
      when %r{\A/latest/meta-data/iam/security-credentials/(.*)} then instance(request, Regexp.last_match(1))
      when "/" then sts(request)
      when %r{\A/computeMetadata/} then google(request)
      when %r{\A/metadata/identity/} then azure(request)
      when %r{/oauth2/v2\.0/token\z} then [200, JSON.generate(token)]
      else [200, JSON.generate(json)]
      end
    end

    def instance(request, role)
      return [401, ""] unless request.headers["x-aws-ec2-metadata-token"] == "session"

      [200, role.empty? ? "worker" : JSON.generate(json.merge(Code: "Success"))]
    end

    def json
      { AccessKeyId: @keys[:key], SecretAccessKey: @keys[:secret], Token: @keys[:token],
        Expiration: (Time.now + @keys[:seconds]).utc.iso8601 }.compact
    end

    def sts(request)
      [200, <<~XML]
        <#{request.form['Action']}Response><Credentials><AccessKeyId>#{@keys[:key]}</AccessKeyId>
        <SecretAccessKey>#{@keys[:secret]}</SecretAccessKey><SessionToken>#{@keys[:token]}</SessionToken>
        <Expiration>#{(Time.now + @keys[:seconds]).utc.iso8601}</Expiration></Credentials></#{request.form['Action']}Response>
      XML
    end

    def google(request)
      return [403, ""] unless request.headers["metadata-flavor"] == "Google"

      [200, JSON.generate(token)]
    end

    def token
      { access_token: @keys[:token], expires_in: @keys[:seconds], token_type: "Bearer" }
    end

    def azure(request)
      return [400, ""] unless request.headers["metadata"] == "true"

      [200, JSON.generate(access_token: @keys[:token], expires_in: @keys[:seconds].to_s, token_type: "Bearer",
                          expires_on: (Time.now + @keys[:seconds]).to_i.to_s, resource: "https://storage.azure.com/")]
    end
  end
end
