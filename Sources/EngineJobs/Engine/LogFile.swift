import Foundation

/// A run's log, which the engine writes to as well.
struct LogFile {
  let descriptor: Int32

  init(appendingTo url: URL) throws {
    descriptor = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: url.path])
    }
  }

  func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
  }

  func close() {
    _ = Foundation.close(descriptor)
  }

  /// The last lines of a log, which usually name the error.
  static func tail(of url: URL, lines count: Int = 8) -> String {
    guard let handle = try? FileHandle(forReadingFrom: url) else { return "" }
    defer { try? handle.close() }
    let end = (try? handle.seekToEnd()) ?? 0
    try? handle.seek(toOffset: end > 65_536 ? end - 65_536 : 0)
    let text = String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
    let all = text.split(separator: "\n")
    // What a crash says first matters; the backtrace that follows buries it.
    let crash = all.lastIndex { $0.contains("Fatal error:") }
    let lines = crash.map { all[$0...].prefix(1) } ?? all.suffix(count)
    return lines.map { "  \($0)" }.joined(separator: "\n")
  }
}
