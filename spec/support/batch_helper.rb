# frozen_string_literal: true

require "bigdecimal"
require "date"
require "json"

# Rows through the native conversion and back, with no table around it.
module BatchHelper
  BATCH = DeltaLake::Native::Testing::Batch

  def field(name, type, null: true)
    { name: name.to_s, type: type, nullable: null, metadata: {} }
  end

  def struct_of(fields)
    { type: "struct", fields: fields.map { |name, type| type.is_a?(Hash) && type[:name] ? type : field(name, type) } }
  end

  def array_of(type, null: true)
    { type: "array", elementType: type, containsNull: null }
  end

  def map_of(key, value, null: true)
    { type: "map", keyType: key, valueType: value, valueContainsNull: null }
  end

  def encode(fields, rows, ignore: false)
    BATCH.encode(JSON.generate(struct_of(fields)), rows, ignore)
  end

  def roundtrip(fields, rows, ignore: false)
    encode(fields, rows, ignore: ignore).rows
  end

  # One value through a column `v` of that type.
  def through(type, value)
    roundtrip({ v: type }, [{ v: value }]).first.fetch(:v)
  end

  # The message that a value is refused with in row 0, column "v".
  def refusal(type, value)
    through(type, value)
    nil
  rescue DeltaLake::SchemaMismatchError => e
    e.message.delete_prefix('row 0, column "v": ')
  end
end

RSpec.configure { |config| config.include(BatchHelper, :convert) }
