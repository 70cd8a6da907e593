# frozen_string_literal: true

require "digest"
require_relative "python"

RSpec.describe "Row groups", :python do
  # By their bytes as they were before compression, as a Parquet reader of others finds them in the footer.
  def row_groups(table)
    file = File.join(table_path, table.files.first.path)
    python("row_groups.py", file).first
  end

  let(:rows) { (0...60_000).map { |id| { id: id, text: Digest::MD5.hexdigest(id.to_s) } } }

  it "are as large as parquet.block.size says" do
    table = create_table({ id: :long, text: :string })
    table.append(rows)
    expect(row_groups(table).size).to eq(1)
    table.alter { |a| a.set_properties "parquet.block.size" => 500_000 }
    table.overwrite(rows)
    expect(row_groups(table)).to all(be < 600_000).and have_attributes(size: be > 3)
    expect(table.count).to eq(rows.size)
  end
end
