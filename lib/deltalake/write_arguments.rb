# frozen_string_literal: true

module DeltaLake
  # What all writes take.
  # @api private
  module WriteArguments
    class << self
      # @return [Array(String, String, Integer)] the key of `once`, application and version of `txn`; nil where absent
      def identity(once, txn)
        raise ArgumentError, "once and txn exclude each other: give one" unless once.nil? || txn.nil?
        return [key(once), nil, nil] if once

        txn ? [nil, *transaction(txn)] : [nil, nil, nil]
      end

      # @return [String, nil] the user's own words as JSON
      def json(metadata)
        raise TypeError, "metadata must be a Hash, got #{metadata.class}" unless metadata.is_a?(Hash)

        JSON.generate(metadata) unless metadata.empty?
      rescue JSON::JSONError, EncodingError => e
        raise ArgumentError, "metadata has no JSON form: #{e.message}"
      end

      private

      def key(once)
        raise TypeError, "once must be a String, got #{once.class}" unless once.is_a?(String) || once.is_a?(Symbol)
        raise InternalError, "once: :job has come through without its job's key" if once == :job
        raise ArgumentError, "once is empty: give a key that names these rows" if once.empty?

        Arguments.utf8(:once, once.to_s)
      end

      def transaction(txn)
        raise TypeError, "txn must be a Hash with app_id and version, got #{txn.class}" unless txn.is_a?(Hash)

        txn = txn.transform_keys(&:to_s)
        keys = txn.keys
        raise ArgumentError, "txn has app_id and version, got #{keys.join(', ')}" if keys.sort != %w[app_id version]

        app_id = txn["app_id"]
        raise TypeError, "the app_id of txn must be a String, got #{app_id.class}" unless app_id.is_a?(String)
        raise ArgumentError, "the app_id of txn is empty" if app_id.empty?

        [Arguments.utf8("the app_id of txn", app_id), Arguments.whole("the version of txn", txn["version"])]
      end
    end
  end
end
