import Foundation

/// The lines of a growing file, as they are completed.
struct MetricsTail {
  private let url: URL
  private var offset: UInt64 = 0
  private var partial = Data()

  init(_ url: URL) {
    self.url = url
  }

  /// Returns the lines that were completed since the last call.
  mutating func newLines() throws -> [String] {
    // The file appears with the first step.
    guard let handle = try? FileHandle(forReadingFrom: url) else { return [] }
    defer { try? handle.close() }
    try handle.seek(toOffset: offset)
    let chunk = try handle.readToEnd() ?? Data()
    offset += UInt64(chunk.count)
    var pieces = (partial + chunk).split(separator: 0x0A, omittingEmptySubsequences: false)
    partial = Data(pieces.popLast() ?? Data())
    return pieces.map { String(decoding: $0, as: UTF8.self) }
  }
}
