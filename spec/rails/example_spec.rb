# frozen_string_literal: true

require_relative "support"

RSpec.describe "The example of a Rails application", :native, :rails do
  example = File.expand_path("../../examples/rails", __dir__)
  lib = File.expand_path("../../lib", __dir__)

  define_method(:shop) do |*command, log: File::NULL, **environment|
    own = { "SHOP_DATA" => tmpdir, "RAILS_ENV" => "test", "SHOP_LOG" => log }
    Open3.capture3(own.merge(environment.transform_keys(&:to_s)), RbConfig.ruby, "-I#{lib}", *command, chdir: example)
  end

  define_method(:rake) do |*tasks, **environment|
    shop("-S", "rake", "-f", "Rakefile", *tasks, **environment)
  end

  it "runs from end to end: jobs that append and read, a line of log for each, rake tasks" do
    out, err, status = shop("run.rb", log: "/dev/stderr")
    expect(status).to be_success, err
    expect(out.lines.map(&:chomp)).to match(["1000 orders in version 4", /\ADE: \d+/, /\AFR: \d+/, /\AUS: \d+/])
    expect(DeltaLake.open(table_path("orders")).schema.names).to eq(%i[id country price])
    expect(err.scan(/DeltaLake append .* rows=(\d+)/)).to eq([["250"]] * 4)

    out, err, status = rake("deltalake:show[orders]", "deltalake:maintain", "deltalake:doctor", SECONDS: "60")
    expect(status).to be_success, err
    expect(out).to include("uri\t#{table_path('orders')}", "rows\t1000", "ok      protocol",
                           "orders: checkpoint of version 4, 0 files of the log deleted\n")

    File.delete(Dir.glob(table_path("orders/**/*.parquet")).reject { |file| file.include?("_delta_log") }.first)
    out, err, status = rake("deltalake:maintain", "deltalake:doctor[#{table_path('orders')}]")
    expect([status.exitstatus, out, err]).to match([1, /version 4 has a checkpoint.*problem folder/m, ""])
  end
end
