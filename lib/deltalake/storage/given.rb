# frozen_string_literal: true

require "time"

module DeltaLake
  module Storage
    # What an object gives as credentials, in the one form that the native classes take.
    # @api private
    module Given
      FIELDS = %w[access_key_id secret_access_key session_token bearer_token sas_token].freeze
      # Other names of fields; what only says what kind of answer it is has none.
      ALIASES = { "expiration" => "expires_at", "expires" => "expires_at", "expiry" => "expires_at",
                  "access_token" => "bearer_token", "sas" => "sas_token", "version" => nil }.freeze
      WANTED = "a Hash with access_key_id and secret_access_key (S3), bearer_token or sas_token (Azure), or " \
               "bearer_token (Google Cloud Storage), and expires_at"

      # What it gives cannot be used. The message shows no value.
      class Rubbish < StandardError; end

      class << self
        # Whether it can be asked.
        def source?(object)
          object.respond_to?(:credentials) || object.respond_to?(:call) || object.respond_to?(:access_key_id)
        end

        # @param again [Boolean] whether the store has refused what it gave last
        # @return [Array<String, Integer, nil>] {FIELDS}, and milliseconds of the Unix epoch
        def by(object, again)
          object.refresh! if again && object.respond_to?(:refresh!)
          asked = object.respond_to?(:credentials) || object.respond_to?(:access_key_id)
          of(asked ? object : object.call)
        end

        private

        def of(answer)
          return of_hash(answer) if answer.is_a?(Hash)
          return of_object(answer, answer) if answer.respond_to?(:access_key_id)
          return of_object(answer.credentials, answer) if answer.respond_to?(:credentials)

          raise Rubbish, "gave #{kind(answer)}, and not #{WANTED}"
        end

        # As those of Amazon's SDK are.
        def of_object(keys, provider)
          raise Rubbish, "has no credentials: they are nil" if keys.nil?
          raise Rubbish, "has #{kind(keys)} for credentials" unless keys.respond_to?(:access_key_id)

          expiration = [provider, keys].find { |object| object.respond_to?(:expiration) && object.expiration }
          of_hash({ access_key_id: keys.access_key_id, secret_access_key: keys.secret_access_key,
                    session_token: keys.session_token, expires_at: expiration&.expiration })
        end

        def of_hash(hash)
          fields = hash.transform_keys { |key| name(key, hash) }.compact
          fields.delete(nil)
          unknown = fields.keys - FIELDS - ["expires_at"]
          raise Rubbish, "gave a Hash with the key #{unknown.first[0, 40].inspect}, and not #{WANTED}" if unknown.any?
          raise Rubbish, "gave a Hash without credentials, and not #{WANTED}" unless FIELDS.any? { |key| fields[key] }

          FIELDS.map { |key| text(key, fields[key]) } << milliseconds(fields["expires_at"])
        end

        # `AccessKeyId`, `access_key_id` and `:access_key_id` are one.
        def name(key, hash)
          name = key.to_s.gsub(/(?<=[a-z])(?=[A-Z])/, "_").downcase
          return ALIASES.fetch(name, name) unless name == "token"

          hash.keys.any? { |other| other.to_s.match?(/\Aaccess_?key/i) } ? "session_token" : "bearer_token"
        end

        def text(key, value)
          return if value.nil?
          raise Rubbish, "gave #{kind(value)} for #{key}" unless value.is_a?(String)

          text = value.dup.force_encoding(Encoding::UTF_8)
          return text if text.ascii_only? && !text.strip.empty?

          raise Rubbish, "gave #{text.empty? ? 'an empty text' : 'a text with odd characters'} for #{key}"
        end

        def milliseconds(value)
          return if value.nil?

          seconds = value.is_a?(Numeric) ? value : moment(value).to_r
          (seconds * 1000).to_i.clamp(0, Arguments::MAX_LONG)
        rescue ArgumentError, RangeError
          raise Rubbish, "gave an expires_at that is no time"
        end

        def moment(value)
          return Time.iso8601(value) if value.is_a?(String)

          time = value.respond_to?(:to_time) ? value.to_time : value
          time.is_a?(Time) ? time : raise(Rubbish, "gave #{kind(value)} for expires_at, and no Time")
        end

        def kind(value)
          value.nil? ? "nil" : "an object of #{value.class}"
        end
      end
    end
  end
end
