# frozen_string_literal: true

require_relative "deltalake/version"
require_relative "deltalake/errors"
require_relative "deltalake/native"

# Reads and writes Delta Lake tables.
module DeltaLake
end
