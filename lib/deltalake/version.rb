# frozen_string_literal: true

module DeltaLake
  # The version of the gem; the crates of the native module carry the same.
  VERSION = "0.1.0"
end
