# frozen_string_literal: true

module DeltaLake
  # What frozen value objects share: equality by content, `to_h`, and a short `inspect`.
  # @api private
  module Value
    # @return [Hash{Symbol => Object}] every attribute by name
    def to_h
      instance_variables.to_h { |name| [name.to_s.delete_prefix("@").to_sym, instance_variable_get(name)] }
    end

    # @return [Boolean]
    def ==(other)
      other.instance_of?(self.class) && to_h == other.to_h
    end
    alias eql? ==

    # @return [Integer]
    def hash
      to_h.hash
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{shown.map { |name, value| "#{name}=#{value.inspect}" }.join(' ')}>"
    end

    private

    # What `inspect` shows: all of it, unless a class says otherwise.
    def shown
      to_h
    end
  end
end
