# frozen_string_literal: true

require "cgi"
require "net/http"
require "socket"
require "tmpdir"

# The object stores that the suite starts for itself.
module Servers
  # Where script/servers.sh puts what the suite does not bring along.
  FOLDER = ENV.fetch("DELTALAKE_TEST_SERVERS") { File.expand_path("../../../tmp/servers", __dir__) }
  BUCKET = "deltalake"

  # A process with a folder and ports of its own. It ends with the suite, however that ends.
  class Server
    START_LIMIT = 60
    KEEPER = File.expand_path("keeper.sh", __dir__)

    # @return [String, nil] why this machine does not have it, and how it comes to have it
    def self.missing
      nil
    end

    def start
      raise self.class.missing if self.class.missing

      @folder = Dir.mktmpdir("deltalake-server-")
      reader, @alive = IO.pipe
      @pid = Process.spawn(environment, KEEPER, @folder, *command, in: reader, pgroup: true)
      reader.close
      wait_until_ready
      create_bucket(BUCKET)
      self
    end

    def stop
      @alive&.close
      Process.wait(@pid) if @pid
    rescue Errno::ECHILD, IOError
      nil
    end

    # What the server has said.
    def log
      File.read(File.join(@folder, "log"))
    end

    def port
      @port ||= free_port
    end

    def endpoint
      "http://127.0.0.1:#{port}"
    end

    # The answer to a request as this store wants it signed; whatever is no success raises.
    def request(verb, path, body = "", query: {}, headers: {})
      uri = URI("#{endpoint}#{path_prefix}#{escape(path)}")
      uri.query = URI.encode_www_form(query.sort).gsub("+", "%20") if query.any?
      request = Net::HTTP.const_get(verb.to_s.capitalize).new(uri, headers)
      request.body = body if request.request_body_permitted?
      sign(request, uri, body, query)
      answer = Net::HTTP.start(uri.host, uri.port) { |http| http.request(request) }
      answer.is_a?(Net::HTTPSuccess) ? answer : raise("#{verb} #{uri}: #{answer.code} #{answer.body}")
    end

    def create_bucket(name)
      request(:put, "/#{name}")
    end

    def put(key, bytes, bucket = BUCKET)
      request(:put, "/#{bucket}/#{key}", bytes)
    end

    def get(key, bucket = BUCKET)
      request(:get, "/#{bucket}/#{key}").body
    end

    def delete(key, bucket = BUCKET)
      request(:delete, "/#{bucket}/#{key}")
    end

    # Keys of all objects that begin with the prefix, in the store's order.
    def keys(prefix, bucket = BUCKET)
      found = []
      token = nil
      loop do
        names, (token,) = list(prefix, bucket, token)
        found.concat(names)
        return found if token.to_s.empty?
      end
    end

    # The files of a folder become objects below the key.
    def put_folder(folder, key)
      Dir.glob("**/*", File::FNM_DOTMATCH, base: folder).each do |name|
        file = File.join(folder, name)
        put("#{key}/#{name}", File.binread(file)) if File.file?(file)
      end
    end

    private

    def environment
      {}
    end

    # What stands before the bucket in a URL.
    def path_prefix
      ""
    end

    # The keys of a page, and where the next one begins.
    def list(prefix, bucket, token)
      query = { "list-type" => "2", "prefix" => prefix, "continuation-token" => token }.compact
      texts(request(:get, "/#{bucket}", query: query).body, "Key", "NextContinuationToken")
    end

    def texts(page, *names)
      page = page.dup.force_encoding(Encoding::UTF_8)
      names.map { |name| page.scan(%r{<#{name}>(.*?)</#{name}>}m).map { |(text)| CGI.unescapeHTML(text) } }
    end

    def sign(request, uri, body, query); end

    def escape(path)
      path.b.gsub(%r{[^A-Za-z0-9\-._~/]}n) { |byte| format("%%%02X", byte.ord) }
    end

    def free_port
      TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    end

    def wait_until_ready
      limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + START_LIMIT
      until ready?
        late = Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit
        raise "#{self.class} did not start in #{START_LIMIT} s:\n#{log}" if late

        sleep(0.05)
      end
    end

    def ready?
      TCPSocket.open("127.0.0.1", port, &:close)
      true
    rescue SystemCallError
      false
    end
  end
end
