# frozen_string_literal: true

require "securerandom"

# An empty database for models, by its address, of the example's own.
module ModelDatabase
  # @param kind [Symbol] `:sqlite` or `:postgres`
  def model_database(kind)
    return "sqlite3:#{tmpdir}/x.sqlite3" if kind == :sqlite

    skip Services::Postgres.missing if Services::Postgres.missing
    Services::Postgres.running.create_database("models_#{SecureRandom.hex(4)}")
  end
end
