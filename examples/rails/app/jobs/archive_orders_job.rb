# frozen_string_literal: true

# Adds orders to the table. However often it is retried, each order is there once.
class ArchiveOrdersJob < ActiveJob::Base
  include DeltaLake::ActiveJob

  retry_on DeltaLake::StorageUnavailableError

  def perform(ids)
    schema = DeltaLake::Schema.from_model(Order, except: [:note])
    DeltaLake.create(:orders, schema: schema, partition_by: :country, if_exists: :open)
             .append(Order.where(id: ids), once: :job)
  end
end
