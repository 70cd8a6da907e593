# frozen_string_literal: true

require "json"
require_relative "schema"

module DeltaLake
  # What the block of {Table#alter} talks to: each method notes a change, and all of them become one commit.
  #
  # A column is named by a Symbol or a String, `"address.zip"` for a field of a struct, and `` "`odd.name`" `` or
  # `["odd.name"]` for what has dots in its name. Inside of arrays and maps, steps are called `element`, `key` and
  # `value`: `"tags.element"`. Names are found whatever their case.
  class Alteration
    # @yieldparam alteration [Alteration]
    # @return [Array<Hash>] what was noted
    # @api private
    def self.changes
      alteration = new
      yield alteration
      alteration.changes
    end

    # @return [Array<Hash>]
    # @api private
    attr_reader :changes

    # @api private
    def initialize
      @changes = []
    end

    # Adds a column that is nil in the rows that are there.
    #
    # @example
    #   a.add_column :note, :string, comment: "by hand"
    #   a.add_column "address.zip", :string, after: :city
    #   a.add_column :lines, [:struct] do
    #     string :sku
    #   end
    # @param name [Symbol, String, Array<String>]
    # @param type [Symbol, String, Hash, Array, Schema::Type] in any form that {Schema.from} takes; `:struct`, or
    #   `[:struct]` for an array of them, with a block as for {Schema.define}
    # @param null [Boolean] must be true
    # @param comment [String, nil]
    # @param after [Symbol, String, nil] the column beside which it is to stand
    # @param first [Boolean] whether it is to stand before all others
    # @return [void]
    def add_column(name, type, null: true, comment: nil, after: nil, first: false, &block)
      field = Schema::Field.new("_", type_of(name, type, &block), null: null && !not_null?(type),
                                                                  metadata: comment ? { "comment" => comment } : {})
      note("add_column", column: column(name), field: field.to_delta, after: after&.to_s, first: first)
    end

    # Takes a column away. Its values stay in the data files, where nobody sees them. Needs column mapping.
    #
    # @param name [Symbol, String, Array<String>]
    # @return [void]
    def drop_column(name)
      note("drop_column", column: column(name))
    end

    # Calls a column otherwise. Needs column mapping.
    #
    # @param name [Symbol, String, Array<String>]
    # @param to [Symbol, String] the new name alone, also where the column is a field of a struct
    # @return [void]
    def rename_column(name, to)
      note("rename_column", column: column(name), to: to.to_s)
    end

    # Gives a column a wider type: `:integer` becomes `:long`. Needs `delta.enableTypeWidening`.
    #
    # @param name [Symbol, String, Array<String>]
    # @param type [Symbol, String, Schema::Type]
    # @return [void]
    def change_type(name, type)
      note("change_type", column: column(name), to: Schema::Notation.type(type, "column #{name}").to_delta)
    end

    # Lets a column be nil from now on.
    #
    # @param name [Symbol, String, Array<String>]
    # @param null [Boolean]
    # @return [void]
    def change_null(name, null)
      note("change_null", column: column(name), nullable: Arguments.one_of(:null, null, [true, false]))
    end

    # Says what a column is for; nil takes the words away.
    #
    # @param name [Symbol, String, Array<String>]
    # @param comment [String, nil]
    # @return [void]
    def change_comment(name, comment)
      note("change_comment", column: column(name), comment: Arguments.text(:comment, comment))
    end

    # Sets what rows get from now on that do not give a column; nil takes it away.
    #
    # @example
    #   a.change_default :state, "'new'"
    # @param name [Symbol, String, Array<String>]
    # @param default [String, Integer, Boolean, nil] SQL text, an Integer, true or false
    # @return [void]
    def change_default(name, default)
      default = Schema::ColumnRules.default(name, default) unless default.nil?
      note("change_default", column: column(name), default: default)
    end

    # Sets table properties. The table's protocol is raised where one of them needs a feature.
    #
    # @example
    #   a.set_properties "delta.columnMapping.mode" => "name", "delta.enableDeletionVectors" => true
    # @param properties [Hash{String => Object}]
    # @return [void]
    def set_properties(properties) # rubocop:disable Naming/AccessorMethodName -- SQL's SET TBLPROPERTIES
      note("set_properties", properties: Arguments.string_hash(:properties, properties))
    end

    # Takes table properties away.
    #
    # @param keys [Array<String>]
    # @param if_exists [Boolean] whether one that is not set is no error
    # @return [void]
    def unset_properties(*keys, if_exists: false)
      note("unset_properties", keys: Arguments.names(:keys, keys), if_exists: if_exists)
    end

    # Adds a condition that every row must fulfil. The rows that are there are looked at first.
    #
    # @example
    #   a.add_constraint :positive, "price > 0"
    # @param name [Symbol, String]
    # @param expression [String] SQL text
    # @return [void]
    # @raise [ConstraintViolationError] from {Table#alter}, where a row breaks it
    def add_constraint(name, expression)
      raise TypeError, "a constraint is SQL text, got #{expression.class}" unless expression.is_a?(String)

      note("add_constraint", name: name.to_s, expression: expression)
    end

    # Takes a constraint away.
    #
    # @param name [Symbol, String]
    # @param if_exists [Boolean] whether it is no error where there is none
    # @return [void]
    def drop_constraint(name, if_exists: false)
      note("drop_constraint", name: name.to_s, if_exists: if_exists)
    end

    # Adds a table feature, and those that it needs, whether the table uses it or not.
    #
    # @param name [Symbol, String] such as `:vacuumProtocolCheck`
    # @return [void]
    def add_feature(name)
      note("add_feature", name: name.to_s)
    end

    # @param name [String, nil] for people
    # @return [void]
    def name=(name)
      note("set_name", name: Arguments.text(:name, name))
    end

    # @param description [String, nil] for people
    # @return [void]
    def description=(description)
      note("set_description", description: Arguments.text(:description, description))
    end

    private

    def note(change, **parts)
      @changes << { change: change, **parts }
      nil
    end

    def column(name)
      return Arguments.names(:column, name) if name.is_a?(Array)

      Arguments.names(:column, name).first
    end

    def type_of(name, type, &block)
      return Schema::Notation.slot(type, "column #{name}").type unless block

      struct = Schema.struct(&block)
      case type
      when :struct then struct
      when [:struct] then Schema.array(struct)
      else raise ArgumentError, "column #{name}: a block goes with :struct and [:struct], got #{type.inspect}"
      end
    end

    def not_null?(type)
      type.is_a?(String) && type.match?(Schema::Notation::NOT_NULL)
    end
  end
end
