/// Cuts chunks of bytes into lines, never holding more than one line and the chunk.
public struct LineSplitter: Sendable {
  /// One line without its ending, or its error.
  public struct Line: Sendable {
    public var number: Int
    public var bytes: Result<ArraySlice<UInt8>, LineProblem>
  }

  /// The longest line that is read: 8 MB.
  public static let defaultLimit = 8 << 20

  let limit: Int
  private var pending: [UInt8] = []
  private var isOverlong = false
  private(set) var lineCount = 0

  public init(limit: Int = defaultLimit) {
    self.limit = limit
  }

  /// Splits a chunk and passes each line that it completes to `body`.
  public mutating func feed(
    _ chunk: some Collection<UInt8>, _ body: (Line) throws -> Void
  ) rethrows {
    let whole: Void? = try chunk.withContiguousStorageIfAvailable { bytes in
      try split(bytes, body)
    }
    if whole == nil {
      try Array(chunk).withUnsafeBufferPointer { try split($0, body) }
    }
  }

  /// Hands the last line, which may lack its ending, to `body`.
  public mutating func finish(_ body: (Line) throws -> Void) rethrows {
    guard !pending.isEmpty || isOverlong else { return }
    try endLine(body)
  }

  private mutating func split(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (Line) throws -> Void
  ) rethrows {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      keep(rest[..<end])
      try endLine(body)
      rest = rest[(end + 1)...]
    }
    keep(rest)
  }

  private mutating func keep(_ part: Slice<UnsafeBufferPointer<UInt8>>) {
    // A few bytes of grace hold the byte order mark and the carriage return.
    guard !isOverlong, pending.count + part.count <= limit + 4 else {
      isOverlong = true
      pending.removeAll()
      return
    }
    pending.append(contentsOf: part)
  }

  private mutating func endLine(_ body: (Line) throws -> Void) rethrows {
    lineCount += 1
    var line = pending[...]
    if lineCount == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
    if line.last == 0x0D { line = line.dropLast() }
    defer {
      pending.removeAll(keepingCapacity: pending.capacity < 1 << 20)
      isOverlong = false
    }
    if isOverlong || line.count > limit {
      try body(Line(number: lineCount, bytes: .failure(.tooLong(limit: limit))))
    } else if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
      try body(Line(number: lineCount, bytes: .success(line)))
    }
  }
}
