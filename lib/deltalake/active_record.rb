# frozen_string_literal: true

# ActiveRecord, for who asks for it by name. Then {DeltaLake::Table#append} takes relations and models, and
# {DeltaLake::Schema.from_model} makes the schema of a table from one.
#
# @example
#   require "deltalake/active_record"
#   table = DeltaLake.create("/data/users", schema: DeltaLake::Schema.from_model(User), if_exists: :open)
#   table.append(User.where(updated_at: 1.day.ago..), once: "users-#{Date.current}")

require "active_record"
require_relative "../deltalake"
require_relative "append/relation"
require_relative "schema/model"
