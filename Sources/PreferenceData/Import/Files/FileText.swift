import Compression
import Foundation

/// The text of a file, chunk by chunk: read, unpacked, and turned into UTF-8.
struct FileText {
  private static let chunkSize = 1 << 18

  private let handle: FileHandle
  private let decompressor: Decompressor?
  private let transcoder: Transcoder?
  private var isAtEnd = false
  /// The number of bytes of the file that were read.
  private(set) var bytesRead = 0

  /// Opens a file; throws `PreferenceDataError`.
  init(path: String, _ format: FileFormat) throws {
    try self.init(path: path, compression: format.compression, encoding: format.encoding)
  }

  init(path: String, compression: CompressionKind?, encoding: TextEncoding) throws {
    handle = try FileHandle(opening: path)
    decompressor = compression.map(Decompressor.init)
    if encoding == .utf8 {
      transcoder = nil
    } else if let known = Transcoder(encoding) {
      transcoder = known
    } else {
      throw PreferenceDataError.otherKind(
        path: path,
        reason: "this system cannot read \(encoding.name). Save the file as UTF-8")
    }
  }

  /// Returns the next part of the text, or nil at the end. Throws `DecompressionError`, or an error of
  /// the file system.
  mutating func next() throws -> [UInt8]? {
    while !isAtEnd {
      guard let bytes = try nextBytes() else {
        isAtEnd = true
        let rest = transcoder?.finish() ?? []
        return rest.isEmpty ? nil : rest
      }
      guard let transcoder else { return bytes }
      let text = transcoder.feed(bytes)
      if !text.isEmpty { return text }
    }
    return nil
  }

  private mutating func nextBytes() throws -> [UInt8]? {
    var count = 0
    defer { bytesRead += count }
    func read() throws -> [UInt8] {
      let chunk = try handle.read(upToCount: Self.chunkSize) ?? Data()
      count += chunk.count
      return Array(chunk)
    }
    if let decompressor { return try decompressor.next(read) }
    let bytes = try read()
    return bytes.isEmpty ? nil : bytes
  }
}
