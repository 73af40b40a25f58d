/// Cuts JSON into its rows, never holding more than one row and the chunk: the elements of an array,
/// objects one after the other, or the elements of the arrays that an object wraps.
package struct JSONElementSplitter: Sendable {
  /// A function that receives a row, and the split that its array is named for.
  typealias Body = (_ row: LineSplitter.Line, _ split: String?) throws -> Void

  private let layout: JSONLayout
  private let limit: Int
  private var list: JSONListCutter
  private var isInList: Bool
  private var split: String?
  private var rowCount = 0

  // The place in the wrapping object. What lies deeper, or in other lists, is passed over.
  private var depth = 0
  private var passingOver: Int?
  private var keys: [String] = []
  private var key: [UInt8] = []
  private var awaitsKey = false
  private var isInText = false
  private var isEscaped = false
  private var line = 1

  init(_ layout: JSONLayout = JSONLayout(), limit: Int = LineSplitter.defaultLimit) {
    self.layout = layout
    self.limit = limit
    list = JSONListCutter(limit: limit)
    isInList = layout.wrapper == nil
  }

  mutating func feed(_ chunk: some Collection<UInt8>, _ body: Body) rethrows {
    for byte in chunk {
      if isInList { try takeInList(byte, body) } else { takeAround(byte) }
      if byte == 0x0A { line += 1 }
    }
  }

  mutating func finish(_ body: Body) rethrows {
    if isInList {
      var list = list
      defer { self.list = list }
      try list.finish { try hand($0, body) }
    } else if depth > 0 || isInText {
      let problem = LineProblem.notJSON("the closing “}” is missing")
      try hand(LineSplitter.Line(number: line, bytes: .failure(problem)), body)
    }
  }

  private mutating func takeInList(_ byte: UInt8, _ body: Body) rethrows {
    var row: LineSplitter.Line?
    list.take(byte) { row = $0 }
    if let row { try hand(row, body) }
    if list.isAtEnd, layout.wrapper != nil { isInList = false }
  }

  private mutating func hand(_ row: LineSplitter.Line, _ body: Body) rethrows {
    rowCount += 1
    var row = row
    if layout.numbersRows { row.number = rowCount }
    try body(row, split)
  }

  // MARK: - Around the lists

  private mutating func takeAround(_ byte: UInt8) {
    if isInText { return takeText(byte) }
    switch byte {
    case UInt8(ascii: "\""):
      isInText = true
      key.removeAll(keepingCapacity: true)
    case UInt8(ascii: "{"), UInt8(ascii: "["): open(byte)
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      if passingOver == depth { passingOver = nil }
      depth = max(0, depth - 1)
    case UInt8(ascii: ","): awaitsKey = passingOver == nil
    case UInt8(ascii: ":"): awaitsKey = false
    default: break
    }
  }

  private mutating func open(_ byte: UInt8) {
    guard passingOver == nil, let wrapper = layout.wrapper else {
      depth += 1
      return
    }
    if byte == UInt8(ascii: "["), wrapper.holdsRows(keys) {
      split = JSONWrapper.split(keys)
      list = JSONListCutter(limit: limit, line: line)
      list.take(byte) { _ in }
      isInList = true
      return
    }
    depth += 1
    if byte == UInt8(ascii: "{"), depth <= wrapper.depth {
      awaitsKey = true
    } else {
      passingOver = depth
    }
  }

  private mutating func takeText(_ byte: UInt8) {
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isInText = false
      guard awaitsKey, passingOver == nil else { return }
      let quoted = [UInt8(ascii: "\"")] + key + [UInt8(ascii: "\"")]
      let name = (try? JSONValue(parsing: quoted))?.stringValue ?? ""
      keys = keys.prefix(depth - 1) + [name]
      return
    }
    if awaitsKey, key.count < 1000 { key.append(byte) }
  }
}
