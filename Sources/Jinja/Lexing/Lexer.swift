/// Splits a template into tokens, as Jinja does with `trim_blocks` and `lstrip_blocks`: a tag
/// alone on its line leaves nothing behind.
struct Lexer {
  let source: [Unicode.Scalar]
  var place = 0
  var tokens: [Token] = []
  /// Starts of the lines, to find line and column of a place.
  private var lineStarts: [Int] = [0]
  /// Whether the last tag ended with a line break, or nothing was read yet.
  private var isAtLineStart = true

  static func tokens(of text: String) throws -> [Token] {
    var lexer = try Self(text)
    try lexer.readAll()
    return lexer.tokens
  }

  private init(_ text: String) throws {
    var source: [Unicode.Scalar] = []
    var isAfterReturn = false
    for scalar in text.unicodeScalars {
      if scalar == "\n", isAfterReturn {
        isAfterReturn = false
        continue
      }
      isAfterReturn = scalar == "\r"
      source.append(isAfterReturn ? "\n" : scalar)
    }
    // Jinja drops one line break at the end of a template.
    if source.last == "\n" { source.removeLast() }
    guard source.count <= Limits.source else {
      throw JinjaError.limit("The template is longer than \(Limits.source) characters.")
    }
    self.source = source
    for (index, scalar) in source.enumerated() where scalar == "\n" {
      lineStarts.append(index + 1)
    }
  }

  func position(_ place: Int) -> Position {
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= place { low = middle } else { high = middle }
    }
    return Position(line: low + 1, column: place - lineStarts[low] + 1)
  }

  func failure(_ message: String, at place: Int) -> JinjaError {
    JinjaError(.syntax, message, at: position(place))
  }

  mutating func add(_ kind: Token.Kind, at place: Int) {
    tokens.append(Token(kind: kind, position: position(place)))
  }

  func has(_ text: String, at place: Int) -> Bool {
    var place = place
    for scalar in text.unicodeScalars {
      guard place < source.count, source[place] == scalar else { return false }
      place += 1
    }
    return true
  }

  private mutating func readAll() throws {
    while place < source.count {
      let start = place
      while place < source.count, !isOpening(at: place) { place += 1 }
      try readOpening(from: start)
    }
    add(.end, at: source.count)
  }

  private func isOpening(at place: Int) -> Bool {
    guard source[place] == "{", place + 1 < source.count else { return false }
    return ["%", "{", "#"].contains(source[place + 1])
  }

  /// Reads the tag at `place` and adds the text between `start` and it.
  private mutating func readOpening(from start: Int) throws {
    guard place < source.count else {
      return addData(start..<place)
    }
    let opening = place
    let kind = source[place + 1]
    place += 2
    var sign: Unicode.Scalar?
    if place < source.count, source[place] == "-" || source[place] == "+" {
      sign = source[place]
      place += 1
    }
    addData(start..<dataEnd(start, opening, sign, isVariable: kind == "{"))
    switch kind {
    case "#": try skipComment(opening)
    case "{":
      add(.variableBegin, at: opening)
      try readTag(isVariable: true)
    default:
      if try readRaw(opening) { return }
      add(.blockBegin, at: opening)
      try readTag(isVariable: false)
    }
  }

  /// Returns where the text before a tag ends: `-` removes white space, and a tag that is not an
  /// expression removes the spaces before it on its line.
  private func dataEnd(
    _ start: Int, _ opening: Int, _ sign: Unicode.Scalar?, isVariable: Bool
  ) -> Int {
    var end = opening
    if sign == "-" {
      while end > start, source[end - 1].isPythonSpace { end -= 1 }
      return end
    }
    guard sign == nil, !isVariable else { return opening }
    while end > start, source[end - 1] != "\n" {
      guard source[end - 1].isPythonSpace else { return opening }
      end -= 1
    }
    return end > start || isAtLineStart ? end : opening
  }

  private mutating func addData(_ range: Range<Int>) {
    if !range.isEmpty { add(.data(Text(source[range])), at: range.lowerBound) }
  }

  /// Ends a tag whose closing text was read, where `-` removes the white space after it.
  mutating func close(sign: Unicode.Scalar?, trimsLine: Bool, from closing: Int) {
    if sign == "-" {
      while place < source.count, source[place].isPythonSpace { place += 1 }
    } else if sign == nil, trimsLine, place < source.count, source[place] == "\n" {
      place += 1
    }
    isAtLineStart = place > closing && source[place - 1] == "\n"
  }

  /// Reads the sign and the closing text at `place`. Returns false if there is something else.
  mutating func readClosing(_ text: String, allowsPlus: Bool = true) -> Bool {
    var sign: Unicode.Scalar?
    var length = 0
    if place < source.count, source[place] == "-" || (allowsPlus && source[place] == "+") {
      sign = source[place]
      length = 1
    }
    guard has(text, at: place + length) else { return false }
    let closing = place
    place += length + text.unicodeScalars.count
    close(sign: sign, trimsLine: text != "}}", from: closing)
    return true
  }

  private mutating func skipComment(_ opening: Int) throws {
    // The sign belongs to the opening: `{#-#}` is a whole comment.
    while place < source.count {
      if readClosing("#}") { return }
      place += 1
    }
    throw failure("Missing end of comment tag", at: opening)
  }

  /// Reads a raw block after its opening. Returns false if the tag is another one.
  private mutating func readRaw(_ opening: Int) throws -> Bool {
    func skipSpace(_ place: inout Int) {
      while place < source.count, source[place].isPythonSpace { place += 1 }
    }
    var next = place
    skipSpace(&next)
    guard has("raw", at: next) else { return false }
    next += 3
    skipSpace(&next)
    let strips = next < source.count && source[next] == "-"
    guard has("%}", at: next + (strips ? 1 : 0)) else { return false }
    place = next + (strips ? 3 : 2)
    if strips { skipSpace(&place) }
    isAtLineStart = source[place - 1] == "\n"
    let start = place
    while place < source.count {
      defer { place += 1 }
      guard has("{%", at: place) else { continue }
      let end = place
      var sign: Unicode.Scalar?
      var word = place + 2
      if word < source.count, source[word] == "-" || source[word] == "+" {
        sign = source[word]
        word += 1
      }
      skipSpace(&word)
      guard has("endraw", at: word) else { continue }
      word += 6
      skipSpace(&word)
      let before = place
      // Reading the tag's end sets what the next text starts with.
      let last = dataEnd(start, end, sign, isVariable: false)
      place = word
      if readClosing("%}") {
        addData(start..<last)
        place -= 1
        return true
      }
      place = before
    }
    throw failure("Missing end of raw directive", at: opening)
  }
}
