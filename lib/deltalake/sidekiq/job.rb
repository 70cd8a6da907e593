# frozen_string_literal: true

module DeltaLake
  module Sidekiq
    # What this library's own jobs share.
    # @api private
    module Job
      # @return [Module] what makes a class a job of Sidekiq's
      def self.mixin
        ::Sidekiq.const_defined?(:Job) ? ::Sidekiq::Job : ::Sidekiq::Worker
      end

      def self.included(base)
        base.include(mixin)
      end

      private

      # @param profile [String, nil] name of the options; see {Configuration#storage_profiles=}
      def open_table(uri, profile, **options)
        DeltaLake.open(uri, storage: profile ? profile.to_sym : {}, **options)
      end
    end
  end
end
