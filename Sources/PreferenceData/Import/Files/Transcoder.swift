import Foundation

/// Turns chunks of text in another encoding into UTF-8.
///
/// A byte that the encoding does not have becomes 0xFF, which no UTF-8 contains: the row with it is then
/// refused as any row with bad bytes.
final class Transcoder {
  static let badByte: UInt8 = 0xFF

  private let encoding: TextEncoding
  private let converter: iconv_t
  private var pending: [UInt8] = []
  private var isAtStart = true
  /// The number of bytes that the encoding does not have.
  private(set) var badBytes = 0

  /// Returns nil if the system has no tables for the encoding.
  init?(_ encoding: TextEncoding) {
    self.encoding = encoding
    guard let converter = iconv_open("UTF-8", encoding.iconvName),
      converter != iconv_t(bitPattern: -1)
    else { return nil }
    self.converter = converter
  }

  deinit { iconv_close(converter) }

  /// Returns the text of a chunk. The bytes of a character that continues in the next chunk wait.
  func feed(_ chunk: some Collection<UInt8>) -> [UInt8] {
    pending.append(contentsOf: chunk)
    var output = convert()
    if isAtStart, !output.isEmpty {
      isAtStart = false
      if output.starts(with: [0xEF, 0xBB, 0xBF]) { output.removeFirst(3) }
    }
    return output
  }

  /// Returns the rest: a mark for a character that is cut off.
  func finish() -> [UInt8] {
    defer { pending.removeAll() }
    badBytes += pending.count
    return pending.isEmpty ? [] : [Self.badByte]
  }

  private func convert() -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(pending.count * 2)
    var start = 0
    while start < pending.count {
      let (text, used, error) = step(from: start)
      output.append(contentsOf: text)
      start += used
      // An incomplete character waits for the next chunk.
      if error == EINVAL { break }
      guard error == EILSEQ || used == 0 else { continue }
      let width = min(encoding.isUTF16 ? 2 : 1, pending.count - start)
      output.append(Self.badByte)
      badBytes += width
      start += width
    }
    pending.removeFirst(start)
    return output
  }

  private func step(from start: Int) -> (text: [UInt8], used: Int, error: Int32) {
    var used = 0
    var error: Int32 = 0
    // No encoding here needs more than three bytes of UTF-8 per byte, plus one character.
    let capacity = (pending.count - start) * 3 + 16
    let text = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      pending.withUnsafeMutableBytes { bytes in
        var source = bytes.baseAddress?.advanced(by: start)
          .assumingMemoryBound(to: CChar.self)
        var left = bytes.count - start
        buffer.withMemoryRebound(to: CChar.self) { buffer in
          var target = buffer.baseAddress
          var room = capacity
          if iconv(converter, &source, &left, &target, &room) == Int(bitPattern: UInt.max) {
            error = errno
          }
          count = capacity - room
        }
        used = bytes.count - start - left
      }
    }
    return (text, used, error)
  }
}

extension Transcoder {
  /// Decodes a sample; nil if the encoding is not available. A character cut off at the end is
  /// ignored.
  static func text(of sample: [UInt8], as encoding: TextEncoding) -> (text: [UInt8], bad: Int)? {
    guard let transcoder = Transcoder(encoding) else { return nil }
    let text = transcoder.feed(sample)
    return (text, transcoder.badBytes)
  }
}
