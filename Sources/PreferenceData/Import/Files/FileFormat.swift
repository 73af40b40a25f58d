import Compression
import Foundation

/// How the bytes of a file become rows.
public struct FileFormat: Sendable, Hashable {
  public var compression: CompressionKind?
  public var encoding: TextEncoding
  /// Whether the encoding is only the most plausible one.
  public var isGuessedEncoding: Bool
  public var container: SourceContainer

  /// How much of a file is looked at.
  static let headSize = 1 << 20
  // How far to look for the first character outside ASCII, which shows the encoding.
  private static let farthest = 64 << 20

  /// Looks at a file; throws `PreferenceDataError`.
  ///
  /// - Parameters:
  ///   - name: The file's name for people. Its ending is a hint.
  ///   - encoding: The encoding if it is known.
  ///   - isTable: Whether somebody said that the file is a table.
  public init(
    path: String, name: String, encoding: TextEncoding? = nil, isTable: Bool = false
  ) throws {
    self = try Self.look(at: path, name: name, encoding: encoding, isTable: isTable).format
  }

  /// Returns the format of a text that is in memory, and the text in UTF-8.
  static func look(
    at bytes: [UInt8], name: String, encoding: TextEncoding?, isTable: Bool
  ) throws -> (format: FileFormat, text: [UInt8]) {
    let finding = encoding.map(TextEncoding.Finding.certain) ?? TextEncoding.detect(bytes)
    return try format(bytes, finding, isWhole: true, name: name, isTable: isTable)
  }

  /// Returns the format, and the beginning of the text in UTF-8.
  static func look(
    at path: String, name: String, encoding: TextEncoding?, isTable: Bool
  ) throws -> (format: FileFormat, head: [UInt8], isWhole: Bool) {
    do {
      let magic = try FileHandle(opening: path).read(upToCount: 4) ?? Data()
      let compression = CompressionKind(head: magic)
      var raw = try FileText(path: path, compression: compression, encoding: .utf8)
      var head: [UInt8] = []
      while head.count < headSize, let chunk = try raw.next() { head += chunk }
      let isWhole = head.count < headSize
      var finding = encoding.map(TextEncoding.Finding.certain) ?? TextEncoding.detect(head)
      if encoding == nil, !isWhole, finding == .certain(.utf8), head.allSatisfy({ $0 < 0x80 }) {
        finding = try farther(raw) ?? finding
      }
      var (format, text) = try Self.format(
        head, finding, isWhole: isWhole, name: name, isTable: isTable)
      format.compression = compression
      return (format, text, isWhole)
    } catch let error as DecompressionError {
      throw PreferenceDataError.otherKind(path: name, reason: "\(error)")
    }
  }

  /// Looks on for the first characters outside ASCII.
  private static func farther(_ raw: FileText) throws -> TextEncoding.Finding? {
    var raw = raw
    var looked = 0
    while looked < farthest, let chunk = try raw.next() {
      looked += chunk.count
      guard let first = chunk.firstIndex(where: { $0 >= 0x80 }) else { continue }
      return TextEncoding.detect(Array(chunk[first...]))
    }
    return nil
  }

  private static func format(
    _ head: [UInt8], _ finding: TextEncoding.Finding, isWhole: Bool, name: String, isTable: Bool
  ) throws -> (format: FileFormat, text: [UInt8]) {
    if let reason = ForeignFile.reason(head) {
      throw PreferenceDataError.otherKind(path: name, reason: reason)
    }
    guard let encoding = finding.encoding else {
      guard case .refused(let reason) = finding else { return (.lines, head) }
      throw PreferenceDataError.otherKind(path: name, reason: reason)
    }
    var text = head
    if encoding != .utf8 {
      guard let decoded = Transcoder.text(of: head, as: encoding)?.text else {
        throw PreferenceDataError.otherKind(
          path: name, reason: "this system cannot read \(encoding.name). Save the file as UTF-8")
      }
      text = decoded
      if let reason = ForeignFile.reason(text) {
        throw PreferenceDataError.otherKind(path: name, reason: reason)
      }
    }
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
    let container = try SourceContainer.detect(
      text, isWhole: isWhole, name: name, isTable: isTable)
    let isGuess = if case .guess = finding { true } else { false }
    return (
      FileFormat(encoding: encoding, isGuessedEncoding: isGuess, container: container), text
    )
  }

  private static let lines = FileFormat(
    encoding: .utf8, isGuessedEncoding: false, container: .lines)

  private init(encoding: TextEncoding, isGuessedEncoding: Bool, container: SourceContainer) {
    self.encoding = encoding
    self.isGuessedEncoding = isGuessedEncoding
    self.container = container
  }
}
