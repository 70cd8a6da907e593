# frozen_string_literal: true

# The answer to a listing as a store may give it that promises no order: shuffled, and a third of the objects twice.
module ShuffledListing
  OBJECT = %r{<(Contents|Blob)>.*?</\1>}m

  module_function

  # Whether a request is for one.
  def asked?(request)
    request.target.match?(/[?&](list-type=|comp=list)/)
  end

  # @param answer [String] all of it, with its head
  def of(answer, random)
    head, body = whole(answer)
    objects = body.to_enum(:scan, OBJECT).map { Regexp.last_match(0) }
    return answer if objects.empty?

    objects += objects.sample((objects.size / 3.0).ceil, random: random)
    before = body[/\A.*?(?=#{OBJECT})/m]
    after = body.delete_prefix(before).gsub(OBJECT, "")
    body = [before, *objects.shuffle(random: random), after].join
    "#{head}\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}"
  end

  # The head without what tells the length, and the body.
  def whole(answer)
    head, body = answer.split("\r\n\r\n", 2)
    body = joined(body) if head.match?(/^transfer-encoding: *chunked/i)
    [head.split("\r\n").grep_v(/\A(transfer-encoding|content-length):/i).join("\r\n"), body]
  end

  # The bytes of a body that came in chunks.
  def joined(chunks)
    whole = +""
    loop do
      size, chunks = chunks.split("\r\n", 2)
      return whole if size.hex.zero?

      whole << chunks.byteslice(0, size.hex)
      chunks = chunks.byteslice((size.hex + 2)..)
    end
  end
end
