/// Streamed text up to the first stop string.
///
/// Text that could be the beginning of a stop string is held back until this is decided.
public struct StoppingText {
  private var decoder: StreamingDecoder
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  public private(set) var isStopped = false

  public init(_ tokenizer: Tokenizer, stops: [String]) {
    decoder = StreamingDecoder(tokenizer)
    self.stops = stops.map { Array($0.utf8) }
  }

  /// Returns the text that is now certain to belong to the answer.
  public mutating func append(_ id: Int) -> String {
    isStopped ? "" : give(decoder.append(id), isLast: false)
  }

  /// Returns the remaining text after the last token.
  public mutating func finish() -> String {
    isStopped ? "" : give(decoder.finish(), isLast: true)
  }

  private mutating func give(_ text: String, isLast: Bool) -> String {
    held += text.utf8
    if let end = firstStop() {
      isStopped = true
      defer { held.removeAll() }
      return String(decoding: held[..<end], as: UTF8.self)
    }
    let kept = isLast ? 0 : longestBeginning()
    defer { held.removeFirst(held.count - kept) }
    return String(decoding: held[..<(held.count - kept)], as: UTF8.self)
  }

  /// Returns the position of the first stop string.
  private func firstStop() -> Int? {
    held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
  }

  /// Returns the number of bytes at the end that could begin a stop string.
  private func longestBeginning() -> Int {
    let longest = (stops.map(\.count).max() ?? 1) - 1
    return stride(from: min(longest, held.count), to: 0, by: -1).first { count in
      stops.contains { $0.count > count && $0.starts(with: held.suffix(count)) }
    } ?? 0
  }
}
