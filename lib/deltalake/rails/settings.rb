# frozen_string_literal: true

module DeltaLake
  # What a Rails application says of this library: `config/deltalake.yml` in its environment, then `config.deltalake`,
  # which wins.
  # @api private
  class RailsSettings
    # The file, in `config`.
    FILE = "deltalake"
    # What there is to say.
    KEYS = %i[logger instrumenter executor threads cache_bytes bytes_in_flight checkpoints checkpoint_wait storage
              storage_profiles tables credentials].freeze

    # @param app [Rails::Application]
    def initialize(app)
      @app = app
    end

    # Configures the library.
    def apply
      settings = defaults.merge(checked(file.deep_merge(options)).compact)
      DeltaLake.configure do |c|
        c.tables = settings.delete(:tables).transform_values { |given| table(given) } if settings[:tables]
        settings[:storage] = with_secrets(settings[:storage], settings.delete(:credentials))
        settings.compact.each { |name, value| c.public_send(:"#{name}=", name == :checkpoints ? value.to_sym : value) }
      end
    end

    private

    def defaults
      c = DeltaLake.configuration
      { logger: c.logger || ::Rails.logger, executor: c.executor || @app.executor }
    end

    def file
      path = @app.paths["config"].existent.map { |folder| Pathname(folder).join("#{FILE}.yml") }.find(&:exist?)
      path ? @app.config_for(path).to_h : {}
    end

    def options
      @app.config.deltalake.to_h
    end

    def checked(settings)
      settings = settings.deep_symbolize_keys
      unknown = settings.keys - KEYS
      return settings if unknown.empty?

      raise ConfigurationError, "config/#{FILE}.yml and config.deltalake know nothing of #{unknown.join(', ')}; " \
                                "there are #{KEYS.join(', ')}"
    end

    # A table may have credentials of its own.
    def table(given)
      return given unless given.is_a?(Hash) && given.key?(:credentials)

      given.except(:credentials).merge(storage: with_secrets(given[:storage], given[:credentials]))
    end

    # @param key [String, nil] of Rails' credentials; with dots into what lies deeper
    def with_secrets(storage, key)
      return storage if key.nil?

      all = @app.credentials.config
      found = key.to_s.split(".").reduce(all) { |inner, step| inner[step.to_sym] if inner.is_a?(Hash) }
      return (storage || {}).deep_merge(found) if found.is_a?(Hash)

      raise ConfigurationError, "Rails' credentials have no options of stores under #{key}: see rails credentials:edit"
    end
  end
end
