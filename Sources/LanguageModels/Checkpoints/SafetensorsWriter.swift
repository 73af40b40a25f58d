import Foundation
import Foundations

/// Writes a safetensors file tensor by tensor, so that only one must be in memory.
///
/// The bytes go to a temporary file next to the target, which `finish()` syncs and renames. A
/// writer that is dropped earlier leaves no file.
public final class SafetensorsWriter {
  /// The announced name, type and shape of a tensor.
  public struct Entry: Sendable {
    public var name: String
    public var dataType: TensorDataType
    public var shape: [Int]

    public init(name: String, dataType: TensorDataType, shape: [Int]) {
      self.name = name
      self.dataType = dataType
      self.shape = shape
    }

    var byteCount: Int { shape.reduce(dataType.byteWidth, *) }
  }

  private let output: AtomicFile
  private let entries: [Entry]
  private var next = 0

  /// Writes the header. The tensors follow in the order of `entries`.
  public init(path: String, entries: [Entry], metadata: [String: String] = ["format": "pt"]) throws
  {
    self.entries = entries
    output = try AtomicFile(path: path)
    var members: [(String, JSON)] = []
    if !metadata.isEmpty {
      let sorted = metadata.sorted { $0.key < $1.key }
      members.append(("__metadata__", .object(sorted.map { ($0.key, .string($0.value)) })))
    }
    var offset = 0
    for entry in entries {
      let end = offset + entry.byteCount
      members.append(
        (
          entry.name,
          .object([
            ("dtype", .string(entry.dataType.rawValue)),
            ("shape", .array(entry.shape.map(JSON.integer))),
            ("data_offsets", .array([.integer(offset), .integer(end)])),
          ])
        ))
      offset = end
    }
    var header = Array(JSON.object(members).text().utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try output.write($0) }
    try header.withUnsafeBytes { try output.write($0) }
  }

  /// Writes the bytes of the next tensor, little-endian and row by row.
  public func append(_ bytes: UnsafeRawBufferPointer) throws {
    guard next < entries.count, entries[next].byteCount == bytes.count else {
      let expected = next < entries.count ? "\(entries[next])" : "no further tensor"
      throw LanguageModelError.invalid(
        "\(output.path): \(bytes.count) bytes were written instead of \(expected).")
    }
    try output.write(bytes)
    next += 1
  }

  /// Syncs the file and renames it to its path.
  public func finish() throws {
    guard next == entries.count else {
      throw LanguageModelError.invalid(
        "\(output.path): only \(next) of \(entries.count) tensors were written.")
    }
    try output.commit()
  }

  /// Writes a complete file in one call.
  public static func write(
    tensors: [(
      name: String, dataType: TensorDataType, shape: [Int], bytes: UnsafeRawBufferPointer
    )],
    metadata: [String: String] = ["format": "pt"], to path: String
  ) throws {
    let entries = tensors.map { Entry(name: $0.name, dataType: $0.dataType, shape: $0.shape) }
    let writer = try SafetensorsWriter(path: path, entries: entries, metadata: metadata)
    for tensor in tensors { try writer.append(tensor.bytes) }
    try writer.finish()
  }
}
