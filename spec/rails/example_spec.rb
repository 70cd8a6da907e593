# frozen_string_literal: true

require_relative "support"

RSpec.describe "The example of a Rails application", :native, :rails do
  example = File.expand_path("../../examples/rails", __dir__)
  lib = File.expand_path("../../lib", __dir__)

  define_method(:shop) do |*command, log: File::NULL, **environment|
    own = { "SHOP_DATA" => tmpdir, "RAILS_ENV" => "test", "SHOP_LOG" => log }
    Open3.capture3(own.merge(environment.transform_keys(&:to_s)), RbConfig.ruby, "-I#{lib}", *command, chdir: example)
  end

  define_method(:rake) do |task, **environment|
    shop("-S", "rake", "-f", "Rakefile", task, **environment)
  end

  it "runs from end to end: jobs that append and read, a line of log for each, rake tasks" do
    out, err, status = shop("run.rb", log: "/dev/stderr")
    expect(status).to be_success, err
    expect(out.lines.map(&:chomp)).to match(["1000 orders in version 4", /\ADE: \d+/, /\AFR: \d+/, /\AUS: \d+/])
    expect(DeltaLake.open(table_path("orders")).schema.names).to eq(%i[id country price])
    expect(err.scan(/DeltaLake append .* rows=(\d+)/)).to eq([["250"]] * 4)

    out, err, status = rake("deltalake:show[orders]")
    expect(status).to be_success, err
    expect(out).to include("uri\t#{table_path('orders')}", "rows\t1000")
    out, err, status = rake("deltalake:maintain")
    expect([status.success?, out]).to eq([true, "orders: checkpoint of version 4, 0 files of the log deleted\n"]), err
    out, _, status = rake("deltalake:maintain", SECONDS: "20")
    expect([status.success?, out]).to match([true, /version 4 has a checkpoint/])
    out, err, status = rake("deltalake:doctor")
    expect(status).to be_success, err
    expect(out).to include("ok      protocol")

    File.delete(Dir.glob(table_path("orders/**/*.parquet")).reject { |file| file.include?("_delta_log") }.first)
    out, _, status = rake("deltalake:doctor[#{table_path('orders')}]")
    expect([status.exitstatus, out]).to match([1, /problem folder/])
    _, err, status = rake("deltalake:doctor[#{table_path('none')}]")
    expect([status.exitstatus, err]).to match([1, ""])
  end
end
