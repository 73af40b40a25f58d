/// A way to compress a stream of bytes.
public enum CompressionKind: String, Sendable, Hashable, CaseIterable {
  case gzip, zstd

  /// Recognises compressed data by its first bytes.
  public init?(head: some Collection<UInt8>) {
    let head = Array(head.prefix(4))
    switch head {
    case _ where head.starts(with: [0x1F, 0x8B]): self = .gzip
    case [0x28, 0xB5, 0x2F, 0xFD]: self = .zstd
    // A skippable frame, which pzstd writes first.
    case _ where head.count == 4 && head[0] & 0xF0 == 0x50 && head[1...] == [0x2A, 0x4D, 0x18]:
      self = .zstd
    default: return nil
    }
  }

  /// The name for people.
  public var name: String { self == .gzip ? "gzip" : "Zstandard" }

  /// The endings of file names.
  public var endings: [String] { self == .gzip ? ["gz", "gzip"] : ["zst", "zstd"] }
}

/// The reason why compressed data cannot be unpacked.
public enum DecompressionError: Error, Sendable, Hashable {
  /// The data ends before the compressed stream does.
  case truncated(CompressionKind)
  case damaged(CompressionKind)
  /// The data needs more memory than a reader should give.
  case windowTooLarge(CompressionKind)
  /// The data unpacks to far more than data of people does.
  case tooLarge(CompressionKind)
}

extension DecompressionError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let kind):
      "the \(kind.name) data end too early: the file is incomplete. Copy or download it again"
    case .damaged(let kind):
      "the \(kind.name) data are damaged. Copy or download the file again"
    case .windowTooLarge(let kind):
      "the \(kind.name) data need more than 128 MB to unpack. Compress the file without --long or --ultra"
    case .tooLarge(let kind):
      "the \(kind.name) data unpack to over \(Decompressor.mostRatio) times their size. Unpack the file first, and check its contents"
    }
  }
}
