# frozen_string_literal: true

require_relative "../support/servers/gcs/api"

# What tests lean on is tested by what Google documents, without a client that might make up for it.
RSpec.describe Servers::Gcs do
  let(:api) { described_class::Api.new.tap { |api| api.call(request("PUT", "/b")) } }

  def request(verb, path, body = "", query: {}, headers: {})
    described_class::Http::Request.new(verb: verb, path: path, query: query, headers: headers, body: body)
  end

  def call(verb, key, body = "", **more)
    api.call(request(verb, "/b/#{key}", body, **more))
  end

  def generation(value)
    { headers: { "x-goog-if-generation-match" => value.to_s } }
  end

  def texts(answer, name)
    answer.body.scan(%r{<#{name}>(.*?)</#{name}>}).flatten
  end

  it "writes where the generation is the one that is expected" do
    first = call("PUT", "k", "one", **generation(0))
    expect([first.status, call("PUT", "k", "two", **generation(0)).status]).to eq([200, 412])
    made = first.headers["x-goog-generation"]
    expect(call("PUT", "k", "three", **generation(made)).status).to eq(200)
    expect(call("PUT", "k", "four", **generation(made)).status).to eq(412)
    expect(call("DELETE", "k", **generation(made)).status).to eq(412)
    expect(call("GET", "k").body).to eq("three")
    expect([call("DELETE", "k").status, call("DELETE", "k").status, call("GET", "k").status]).to eq([204, 404, 404])
  end

  it "lets one of many writers create, whenever they come" do
    20.times do |round|
      gate = Queue.new
      create = -> { gate.pop && call("PUT", "race-#{round}", "x" * 10_000, **generation(0)).status }
      writers = Array.new(16) { Thread.new(&create) }
      writers.size.times { gate << true }
      expect(writers.map(&:value).tally).to eq(200 => 1, 412 => 15)
    end
  end

  it "gives ranges, and says where there are none" do
    call("PUT", "r", "0123456789")
    ranges = { "bytes=2-4" => "234", "bytes=8-" => "89", "bytes=-3" => "789", "bytes=8-99" => "89",
               "bytes=-99" => "0123456789" }
    ranges.each do |range, expected|
      answer = call("GET", "r", headers: { "range" => range })
      expect([answer.status, answer.body]).to eq([206, expected])
    end
    expect(call("GET", "r", headers: { "range" => "bytes=2-4" }).headers["content-range"]).to eq("bytes 2-4/10")
    expect(call("GET", "r", headers: { "range" => "bytes=10-11" }).status).to eq(416)
    expect(call("GET", "r", headers: { "range" => "lines=1-2" }).status).to eq(200)
  end

  it "answers by ETags and times" do
    etag = call("PUT", "k", "one").headers["etag"]
    expect(etag).to eq("\"#{Digest::MD5.hexdigest('one')}\"")
    expect(call("GET", "k", headers: { "if-none-match" => etag }).status).to eq(304)
    expect(call("GET", "k", headers: { "if-match" => "\"another\"" }).status).to eq(412)
    expect(call("GET", "k", headers: { "if-modified-since" => (Time.now + 60).httpdate }).status).to eq(304)
    expect(call("GET", "k", headers: { "if-unmodified-since" => (Time.now - 60).httpdate }).status).to eq(412)
    expect(call("GET", "k", query: { "generation" => "1" }).status).to eq(404)
  end

  it "lists in pages, with folders and from a name on" do
    %w[a/1 a/2 b/1 b/2 c d/1 ü].each { |key| call("PUT", key) }
    pages = []
    token = nil
    loop do
      query = { "delimiter" => "/", "max-keys" => "2", "continuation-token" => token }.compact
      pages << api.call(request("GET", "/b", query: query))
      token = texts(pages.last, "NextContinuationToken").first or break
    end
    expect(pages.map { |page| texts(page, "Key") + texts(page, "Prefix").reject(&:empty?) })
      .to eq([%w[a/ b/], %w[c d/], %w[ü]])
    after = api.call(request("GET", "/b", query: { "start-after" => "b/1", "prefix" => "b/" }))
    expect(texts(after, "Key")).to eq(["b/2"])
  end

  it "puts parts together, and only those that it has" do
    id = texts(call("POST", "k", query: { "uploads" => "" }), "UploadId").first
    bodies = ["a" * (5 << 20), "b"]
    etags = bodies.each_with_index.map do |body, i|
      call("PUT", "k", body, query: { "uploadId" => id, "partNumber" => (i + 1).to_s }).headers["etag"]
    end
    complete = lambda do |parts|
      list = parts.map { |number, etag| "<Part><PartNumber>#{number}</PartNumber><ETag>#{etag}</ETag></Part>" }
      call("POST", "k", "<CompleteMultipartUpload>#{list.join}</CompleteMultipartUpload>", query: { "uploadId" => id })
    end
    [[[1, "\"x\""]], [[2, etags[1]], [1, etags[0]]], [[3, etags[0]]], []].each do |parts|
      expect(complete.call(parts).status).to eq(400)
    end
    expect(call("GET", "k").status).to eq(404)
    expect(complete.call([[1, etags[0]], [2, etags[1]]]).status).to eq(200)
    expect(call("GET", "k").body).to eq(bodies.join)
    expect(complete.call([[1, etags[0]]]).status).to eq(404)
  end

  it "forgets an upload that is given up, and refuses parts that are too small" do
    id = texts(call("POST", "k", query: { "uploads" => "" }), "UploadId").first
    etag = call("PUT", "k", "small", query: { "uploadId" => id, "partNumber" => "1" }).headers["etag"]
    last = call("PUT", "k", "last", query: { "uploadId" => id, "partNumber" => "2" }).headers["etag"]
    list = [[1, etag], [2, last]].map { |n, tag| "<Part><PartNumber>#{n}</PartNumber><ETag>#{tag}</ETag></Part>" }
    expect(call("POST", "k", list.join, query: { "uploadId" => id }).status).to eq(400)
    expect(call("DELETE", "k", query: { "uploadId" => id }).status).to eq(204)
    expect(call("PUT", "k", "more", query: { "uploadId" => id, "partNumber" => "3" }).status).to eq(404)
  end
end
