import CZlib
import CZstd

/// Unpacks a compressed stream piece by piece, in constant memory.
///
/// Several streams one after the other count as one, as `gunzip` and `zstd` read them. Data that grow
/// out of proportion are refused.
public final class Decompressor {
  /// The most unpacked bytes per compressed byte, once more than `freeSize` were unpacked.
  public static let mostRatio = 300
  static let freeSize = 64 << 20
  static let pieceSize = 1 << 18

  public let kind: CompressionKind
  private var stream: any DecompressionStream
  private var input: [UInt8] = []
  private var position = 0
  private var consumed = 0
  private var produced = 0
  // After a full piece, the library may have more.
  private var mayHoldMore = false

  public init(_ kind: CompressionKind) {
    self.kind = kind
    switch kind {
    case .gzip: stream = GzipStream()
    case .zstd: stream = ZstdStream()
    }
  }

  /// Returns the next unpacked bytes, or nil at the end.
  ///
  /// - Parameter read: Returns the next compressed bytes, none at the end of the file.
  /// Throws `DecompressionError`, and what `read` throws.
  public func next(_ read: () throws -> [UInt8]) throws -> [UInt8]? {
    while true {
      if position == input.count, !mayHoldMore {
        input = try read()
        position = 0
        if input.isEmpty {
          guard stream.isBetweenStreams else { throw DecompressionError.truncated(kind) }
          return nil
        }
      }
      let before = position
      let output = try stream.unpack(input, from: &position, atMost: Self.pieceSize)
      consumed += position - before
      produced += output.count
      mayHoldMore = output.count == Self.pieceSize
      guard produced <= Self.freeSize || produced / Self.mostRatio <= consumed else {
        throw DecompressionError.tooLarge(kind)
      }
      if !output.isEmpty { return output }
      // Neither side moved, so the rest of the input cannot be used.
      if position == before { position = input.count }
    }
  }
}

/// One of the libraries. Not for several threads.
protocol DecompressionStream {
  /// Whether everything that was begun is complete.
  var isBetweenStreams: Bool { get }

  /// Unpacks from `input`, moves `position`, and returns at most `size` bytes.
  mutating func unpack(
    _ input: [UInt8], from position: inout Int, atMost size: Int
  ) throws(DecompressionError) -> [UInt8]
}
