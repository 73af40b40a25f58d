/// Cuts a JSON array, or objects written one after the other, into elements, never holding more
/// than one element and the chunk. Each element is then parsed strictly.
struct JSONListCutter: Sendable {
  private enum Place { case start, opened, afterComma, inElement, afterElement, end, lost }

  let limit: Int
  private var place = Place.start
  private var isArray = false
  private var pending: [UInt8] = []
  private var depth = 0
  private var isInText = false
  private var isEscaped = false
  private var isOverlong = false
  private var line = 1
  private var firstLine = 1

  init(limit: Int = LineSplitter.defaultLimit, line: Int = 1) {
    self.limit = limit
    self.line = line
  }

  /// Whether the next byte belongs to a text within an element.
  var isWithinText: Bool { place == .inElement && isInText && !isEscaped }

  /// Reads bytes of a text that neither end it nor escape anything.
  mutating func keep(run: Slice<UnsafeBufferPointer<UInt8>>) {
    if pending.count + run.count > limit {
      isOverlong = true
    } else {
      pending.append(contentsOf: run)
    }
  }

  /// Whether the array is closed.
  var isAtEnd: Bool { place == .end }

  mutating func finish(_ body: (LineSplitter.Line) throws -> Void) rethrows {
    switch place {
    case .inElement where !isArray && depth == 0 && !isInText: try end(body)
    case .inElement: try problem("the value that begins here is not closed", body, at: firstLine)
    case .start, .end, .lost: break
    case .afterElement where !isArray: break
    case .opened, .afterComma, .afterElement:
      try problem("the closing “]” is missing", body, at: line)
    }
  }

  mutating func take(
    _ byte: UInt8, _ body: (LineSplitter.Line) throws -> Void
  ) rethrows {
    defer { if byte == 0x0A { line += 1 } }
    if place == .inElement { return try continueElement(byte, body) }
    if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { return }
    switch (place, byte) {
    case (.start, 0xEF), (.start, 0xBB), (.start, 0xBF): break
    case (.start, UInt8(ascii: "[")):
      isArray = true
      place = .opened
    case (.start, _): begin(byte)
    case (.afterElement, _) where !isArray: begin(byte)
    case (.opened, UInt8(ascii: "]")): place = .end
    case (.afterComma, UInt8(ascii: "]")): try lose("a value was expected after “,”", body)
    case (.opened, _), (.afterComma, _): begin(byte)
    case (.afterElement, UInt8(ascii: "]")): place = .end
    case (.afterElement, UInt8(ascii: ",")): place = .afterComma
    case (.lost, _): break
    case (.end, _): try lose("more text after the closing “]”", body)
    default: try lose("“,” or “]” was expected", body)
    }
  }

  private mutating func begin(_ byte: UInt8) {
    place = .inElement
    firstLine = line
    depth = 0
    isInText = false
    isOverlong = false
    pending.removeAll(keepingCapacity: pending.capacity < 1 << 20)
    count(byte)
    keep(byte)
  }

  private mutating func continueElement(
    _ byte: UInt8, _ body: (LineSplitter.Line) throws -> Void
  ) rethrows {
    let closes = byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]")
    if isArray, depth == 0, !isInText, closes {
      try end(body)
      place = byte == UInt8(ascii: ",") ? .afterComma : .end
      return
    }
    count(byte)
    keep(byte)
    let isClosing =
      byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "\"")
    if depth == 0, !isInText, isClosing { try end(body) }
  }

  private mutating func count(_ byte: UInt8) {
    if isInText {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInText = false
      }
      return
    }
    switch byte {
    case UInt8(ascii: "\""): isInText = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    default: break
    }
  }

  private mutating func keep(_ byte: UInt8) {
    if pending.count >= limit { isOverlong = true } else { pending.append(byte) }
  }

  private mutating func end(_ body: (LineSplitter.Line) throws -> Void) rethrows {
    place = .afterElement
    let bytes: Result<ArraySlice<UInt8>, LineProblem> =
      isOverlong ? .failure(.tooLong(limit: limit)) : .success(pending[...])
    try body(LineSplitter.Line(number: firstLine, bytes: bytes))
  }

  // Where the list goes wrong as such, nothing after it can be told apart.
  private mutating func lose(
    _ reason: String, _ body: (LineSplitter.Line) throws -> Void
  ) rethrows {
    place = .lost
    try problem(reason, body, at: line)
  }

  private func problem(
    _ reason: String, _ body: (LineSplitter.Line) throws -> Void, at line: Int
  ) rethrows {
    try body(LineSplitter.Line(number: line, bytes: .failure(.notJSON(reason))))
  }
}
