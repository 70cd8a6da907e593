# frozen_string_literal: true

require "ripper"

# A guide of docs/: its Ruby blocks are one program, run from top to bottom. A line that ends in `# => value` must have
# just that value (as `inspect` shows it), and one that ends in `# raises Error` must raise it.
class Guide
  CLAIM = /\A(?<indent>\s*)(?<code>\S.*?)\s+# (?:=> (?<value>.+)|raises (?<error>\S+))\z/

  # @return [Array<String>] what was claimed and is not so
  attr_reader :broken

  def initialize(path)
    @path = path
    @broken = []
  end

  # Line numbers are those of the guide, so that a backtrace leads there.
  def run
    eval(program, TOPLEVEL_BINDING.dup, @path, 1) # rubocop:disable Security/Eval
    self
  end

  # @return [Integer] lines that claim something
  def claims
    program.scan("$guide.").size
  end

  def value(line, value, claimed)
    broken << "#{@path}:#{line}: claims #{claimed}, and is #{value.inspect}" unless value.inspect == claimed
    value
  end

  def error(line, claimed)
    yield
    broken << "#{@path}:#{line}: claims to raise #{claimed}, and did not"
  rescue StandardError => e
    broken << "#{@path}:#{line}: claims to raise #{claimed}, and raised #{e.inspect}" unless e.class.to_s == claimed
  end

  private

  def program
    inside = false
    File.readlines(@path, chomp: true).each_with_index.map do |text, index|
      fence = text.start_with?("```")
      inside = fence ? text == "```ruby" : inside
      fence || !inside ? "" : checked(text, index + 1)
    end.join("\n")
  end

  def checked(text, line)
    claim = CLAIM.match(text) or return text
    raise "#{@path}:#{line}: what makes a claim must stand on one line" unless Ripper.sexp(claim[:code])
    return "#{claim[:indent]}$guide.error(#{line}, #{claim[:error].dump}) { #{claim[:code]} }" if claim[:error]

    "#{claim[:indent]}$guide.value(#{line}, (#{claim[:code]}), #{claim[:value].dump})"
  end
end
