# frozen_string_literal: true

require_relative "servers/all"

# The object stores of specs.
module Stores
  # For an example: a fresh address in the store, and the options to open it with.
  def with_store(name)
    skip Servers.missing(name) if Servers.missing(name)
    yield Servers.fresh(name), Servers[name].storage
  end

  # For groups: the examples once for each store, with `server`, `uri` (a fresh address) and `storage`.
  module Groups
    def on_stores(*names, &examples)
      names.each do |name|
        context "on #{name}", store: name do
          let(:server_name) { name }
          let(:server) { Servers[name] }
          let(:uri) { Servers.fresh(name) }
          let(:storage) { server.storage }

          class_exec(name, &examples)
        end
      end
    end

    def on_every_store(&examples)
      on_stores(*Servers::ALL.keys, &examples)
    end
  end
end

RSpec.configure do |config|
  config.include Stores
  config.extend Stores::Groups
  # Before all that the examples prepare.
  config.before(:each, :store) do |example|
    why = Servers.missing(example.metadata[:store])
    skip why if why
  end
  config.after(:suite) { Servers.stop }
end
