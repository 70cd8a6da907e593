# frozen_string_literal: true

require_relative "scan"

module DeltaLake
  # The rows that changed over a range of versions, in the order of the versions: a {Scan} of them, with all that a scan
  # can do. A row has the columns of the range's last version, and `:_change_type` ("insert", "delete",
  # "update_preimage", "update_postimage"), `:_commit_version` and `:_commit_timestamp`.
  #
  # @example
  #   table.changes(from: 10).where(country: "FR").each do |row|
  #     row[:_change_type] == "delete" ? index.delete(row[:id]) : index.put(row)
  #   end
  # @see Snapshot#changes
  class Changes < Scan
    # Changes are not of one version, so their files are not told as tasks.
    #
    # @raise [NoMethodError]
    undef_method :tasks

    # @return [String]
    def inspect
      super.sub(" version=", " up_to=")
    end
  end
end
