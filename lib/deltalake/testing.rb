# frozen_string_literal: true

# For the specs of applications: stores in memory, at addresses such as `memory://test/orders`; failures on request; and
# matchers of RSpec or assertions of Minitest, whichever is there.
#
# @example RSpec
#   require "deltalake/testing"
#   table = DeltaLake.create("memory://test/orders", schema: { id: :long })
#   ImportJob.perform_now
#   expect(table).to have_rows([{ id: 1 }, { id: 2 }])
# @example Minitest
#   class ImportTest < Minitest::Test
#     include DeltaLake::Testing::Assertions
#   end

require_relative "../deltalake"
require_relative "testing/faults"
require_relative "testing/rows_comparison"
require_relative "testing/table_rows"
require_relative "testing/assertions"

module DeltaLake
  # See `deltalake/testing`.
  module Testing
    class << self
      # Empties all stores in memory, and takes back failures that have not come. With RSpec and with {Assertions} it is
      # called before each example. Tables that are open keep what they have.
      def clear
        Native.memory_clear
      end
    end

    Native.memory_allow
  end
end

require_relative "testing/rspec" if defined?(RSpec::Core)
