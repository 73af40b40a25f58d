/// Text as its tokens come, up to the first stop string.
///
/// What could be the beginning of a stop string is held back until it is known not to be.
public struct StoppingText {
  private var decoder: StreamingDecoder
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  public private(set) var isStopped = false

  public init(_ tokenizer: Tokenizer, stops: [String]) {
    decoder = StreamingDecoder(tokenizer)
    self.stops = stops.map { Array($0.utf8) }
  }

  /// The text that surely belongs to the answer now.
  public mutating func append(_ id: Int) -> String {
    isStopped ? "" : give(decoder.append(id), isLast: false)
  }

  /// What is left when no more tokens come.
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

  /// Where the first stop string begins.
  private func firstStop() -> Int? {
    held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
  }

  /// How many bytes at the end could begin a stop string.
  private func longestBeginning() -> Int {
    let longest = (stops.map(\.count).max() ?? 1) - 1
    return stride(from: min(longest, held.count), to: 0, by: -1).first { count in
      stops.contains { $0.count > count && $0.starts(with: held.suffix(count)) }
    } ?? 0
  }
}
