# frozen_string_literal: true

require_relative "../support/spoilt_store"

# What nobody can do about but the one who set the machine or the options up: told at once, in words that help.
RSpec.describe "A store that refuses", :native do
  skewed = "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current " \
           "time is too large.</Message></Error>"
  failed = "<Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request. Make sure " \
           "the value of Authorization header is formed correctly including the signature.\nRequestId:1</Message>%s" \
           "</Error>"
  too_old = "<AuthenticationErrorDetail>Request date header too old: 'Sun, 01 Nov 2026 08:00:00 GMT'" \
            "</AuthenticationErrorDetail>"
  unknown = "<Error><Code>AuthenticationRequired</Code><Message>Authentication required.</Message></Error>"
  clocks = {
    s3: [["403 Forbidden", skewed], ["403 Forbidden", ""],
         ["403 Forbidden", "<Error><Code>SignatureDoesNotMatch</Code><Message>No match.</Message></Error>"]],
    azure: [["403 Forbidden", format(failed, too_old), { "x-ms-error-code" => "AuthenticationFailed" }],
            ["403 Forbidden", format(failed, ""), { "x-ms-error-code" => "AuthenticationFailed" }]],
    gcs: [["403 Forbidden", skewed], ["401 Unauthorized", unknown]]
  }
  regions = [
    ["301 Moved Permanently", "<Error><Code>PermanentRedirect</Code><Message>Use the other.</Message></Error>",
     { "x-amz-bucket-region" => "eu-west-1" }],
    ["301 Moved Permanently", "", { "x-amz-bucket-region" => "eu-west-1" }],
    ["400 Bad Request", "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The region 'us-east-1' is wrong; " \
                        "expecting 'eu-west-1'</Message><Region>eu-west-1</Region></Error>"],
    ["400 Bad Request", "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is " \
                        "malformed; the region is wrong; expecting 'eu-west-1'.</Message></Error>"]
  ]

  on_stores(*clocks.keys) do |store|
    include_context "with a store that fails"

    # Nothing stalls here, and what takes its time on a busy machine is not asked for again.
    let(:read_timeout) { 20 }
    let(:at) { fresh }
    let(:new) { Servers.fresh(server_name) }
    let(:calls) do
      table = DeltaLake.open(at, storage: spoilt)
      { open: -> { DeltaLake.open(at, storage: spoilt, version: 1) }, scan: -> { table.to_a },
        append: -> { table.append([row(4)]) }, checkpoint: -> { table.checkpoint },
        create: -> { DeltaLake.create(new, schema:, storage: spoilt) } }
    end

    # What is left of a write that failed is cleaned away.
    def asked_twice
      asked = proxy.requests.reject { |request| request.verb == "DELETE" }.map(&:target)
      asked.tally.select { |_, times| times > 1 }.keys
    end

    # Calls that are refused from the first request on: nothing is done by any of them.
    def refused(refusal)
      calls
      spoil(refusal, 0, for_good: true)
      calls.each do |name, call|
        proxy.forget
        yield error_of(&call), name.to_s
        expect(asked_twice).to be_empty, "#{name} asks twice: #{asked_twice}"
      end
      expect([ids(at), DeltaLake.table?(new, storage:)]).to eq([[1, 2, 3], false])
    end

    clocks[store].each do |status, body, headers|
      it "by the time, as #{body[/<Code>(\w+)/, 1] || status}, tells that this machine's clock is wrong" do
        date = (Time.now + (40 * 60)).utc.strftime("%a, %d %b %Y %T GMT")
        refused([status, body, { **headers.to_h, "Date" => date }]) do |told, place|
          expect(told).to be_a(DeltaLake::PermissionDeniedError), place
          expect(told.message)
            .to match(/this machine's clock is wrong, (39|40) min \d+ s behind the store's: set it/), place
        end
      end
    end

    next unless store == :s3

    regions.each do |refusal|
      it "as the bucket is in another region, #{refusal.join(' ')[0, 60]}, tells in which" do
        refused(refusal) do |told, place|
          expect(told).to be_a(DeltaLake::ConfigurationError), place
          expect(told.message).to include("is in the region eu-west-1: set the option region to that"), place
        end
      end
    end

    it "as the bucket is in another region that it does not tell says so" do
      refused(["301 Moved Permanently", "<Error><Code>PermanentRedirect</Code></Error>"]) do |told, place|
        expect(told).to be_a(DeltaLake::ConfigurationError), place
        expect(told.message).to include("is at another address: check endpoint and region"), place
      end
    end
  end

  on_stores(:dynamodb) do
    include_context "with a store that fails"

    it "by the time, as DynamoDB does, tells that this machine's clock is wrong" do
      at = fresh
      table = DeltaLake.open(at, storage: storage.merge("dynamodb_endpoint" => "http://127.0.0.1:#{proxy.port}"))
      spoil(["400 Bad Request", <<~JSON], 0, for_good: true)
        {"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature expired: 20261129T080000Z \
        is now earlier than 20261129T084500Z (20261129T090000Z - 15 min.)"}
      JSON
      told = error_of { table.append([row(4)]) }
      expect(told).to be_a(DeltaLake::PermissionDeniedError)
      expect(told.message).to include("this machine's clock is wrong, set it")
      expect([proxy.requests.size, ids(at)]).to eq([1, [1, 2, 3]])
    end
  end
end
