# frozen_string_literal: true

module Comparison
  # A number as people write it: 1,000,000.
  def self.thousands(number)
    number.to_s.gsub(/\B(?=(\d{3})+\z)/, ",")
  end

  # What is allowed: a share of the peer's figure, or a figure of its own.
  Budget = Struct.new(:text, :check) do
    def self.share(limit, text)
      new("≤ #{text} of the peer", ->(ours, peer) { peer && ours <= peer * limit })
    end

    def self.most(limit, unit)
      new("≤ #{limit} #{unit}", ->(ours, _) { ours <= limit })
    end

    def self.exactly(number)
      new(number.to_s, ->(ours, _) { ours == number })
    end
  end

  # A line of the table. `key` names its sentence in notes.yml, should it miss its budget; `full` says what it is about
  # where `work` does so only together with the lines above.
  Row = Struct.new(:key, :work, :unit, :peer, :ours, :budget, :full, keyword_init: true) do
    def name
      full || work
    end

    def ratio
      ours.to_f / peer if peer&.positive? && ours
    end

    # nil where nothing is asked.
    def met?
      budget&.check&.call(ours, peer)
    end

    def cells
      [work, amount(peer), amount(ours), ratio ? format("%.3f", ratio) : "", budget ? budget.text : "",
       { true => "yes", false => "**no**", nil => "" }[met?]]
    end

    private

    def amount(number)
      return "" if number.nil?

      case unit
      when "s" then number < 0.1 ? format("%.2f ms", number * 1000) : format("%.2f s", number)
      when "MB" then format("%.1f MB", number)
      else "#{number} #{unit}".strip
      end
    end
  end
end
