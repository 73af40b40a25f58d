import Foundation

/// A safetensors file, mapped into memory and validated before use.
///
/// Format: eight bytes with the little-endian header length, a JSON header, and the tensors' bytes
/// without gaps.
public struct SafetensorsFile: Sendable {
  /// Sorted by offset.
  public let tensors: [TensorDescription]
  public let metadata: [String: String]
  public let file: MappedFile
  private let indices: [String: Int]

  static let maximumHeaderBytes = 100_000_000
  static let remedy = "Download or export the file again"

  public init(path: String) throws {
    let file = try MappedFile(path: path)
    let headerEnd = try Self.headerEnd(of: file)
    let header: JSON
    do {
      header = try file.withBytes {
        try JSON(parsing: UnsafeRawBufferPointer(rebasing: $0[8..<headerEnd]))
      }
    } catch {
      throw Self.malformed(file, "the header is not valid JSON: \(error)")
    }
    guard case .object(let members) = header else {
      throw Self.malformed(file, "the header is not a JSON object")
    }
    var metadata: [String: String] = [:]
    var tensors: [TensorDescription] = []
    for (name, value) in members {
      if name == "__metadata__" {
        metadata = try Self.metadata(value, in: file)
      } else {
        tensors.append(try Self.description(name, value, dataStart: headerEnd, in: file))
      }
    }
    tensors.sort { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }
    var end = headerEnd
    for tensor in tensors {
      guard tensor.offset == end else {
        let kind = tensor.offset < end ? "overlaps the one before" : "leaves a gap before it"
        throw Self.malformed(file, "tensor \(tensor.name) \(kind)")
      }
      end = tensor.offset + tensor.byteCount
    }
    guard end == file.bytes.count else {
      throw Self.malformed(
        file, "\(file.bytes.count - end) bytes at the end do not belong to a tensor")
    }
    var indices: [String: Int] = [:]
    for (index, tensor) in tensors.enumerated() {
      guard indices.updateValue(index, forKey: tensor.name) == nil else {
        throw Self.malformed(file, "tensor \(tensor.name) occurs twice")
      }
    }
    self.tensors = tensors
    self.metadata = metadata
    self.file = file
    self.indices = indices
  }

  /// Returns the description of one tensor, or nil if the file does not contain it.
  public func tensor(named name: String) -> TensorDescription? {
    indices[name].map { tensors[$0] }
  }

  /// Returns the stored bytes of a tensor of this file, not necessarily aligned. They are valid
  /// while `file` lives.
  public func bytes(of tensor: TensorDescription) -> UnsafeRawBufferPointer {
    let range = tensor.offset..<(tensor.offset + tensor.byteCount)
    return UnsafeRawBufferPointer(rebasing: file.bytes[range])
  }

  static func malformed(_ file: MappedFile, _ problem: String) -> LanguageModelError {
    .malformed(file: file.path, problem: problem, remedy: remedy)
  }

  private static func headerEnd(of file: MappedFile) throws -> Int {
    guard file.bytes.count >= 8 else {
      throw malformed(file, "is \(file.bytes.count) bytes long, too short for a safetensors file")
    }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(maximumHeaderBytes) else {
      throw malformed(
        file, "declares a header of \(length) bytes; at most \(maximumHeaderBytes) are allowed")
    }
    guard Int(length) <= file.bytes.count - 8 else {
      throw malformed(file, "is truncated: its header has \(length) bytes")
    }
    return 8 + Int(length)
  }

  private static func metadata(_ value: JSON, in file: MappedFile) throws -> [String: String] {
    guard case .object(let members) = value else {
      throw malformed(file, "__metadata__ is not an object")
    }
    var metadata: [String: String] = [:]
    for (key, value) in members {
      guard case .string(let text) = value else {
        throw malformed(file, "__metadata__ value \(key) is not a string")
      }
      metadata[key] = text
    }
    return metadata
  }

  private static func description(
    _ name: String, _ value: JSON, dataStart: Int, in file: MappedFile
  ) throws -> TensorDescription {
    guard case .string(let typeName)? = value["dtype"] else {
      throw malformed(file, "tensor \(name) has no dtype")
    }
    guard let dataType = TensorDataType(rawValue: typeName) else {
      let known = TensorDataType.allCases.map(\.rawValue).joined(separator: ", ")
      throw LanguageModelError.unsupported(
        file: file.path, problem: "tensor \(name) has the dtype \(typeName)",
        remedy: "Convert it to one of \(known)")
    }
    guard let shape = value["shape"]?.naturals, shape.count <= 16 else {
      throw malformed(file, "tensor \(name): shape is not a list of whole numbers")
    }
    guard let offsets = value["data_offsets"]?.naturals, offsets.count == 2 else {
      throw malformed(file, "tensor \(name): data_offsets is not a pair of whole numbers")
    }
    guard offsets[0] <= offsets[1], offsets[1] <= file.bytes.count - dataStart else {
      throw malformed(
        file,
        "tensor \(name) reaches from \(offsets[0]) to \(offsets[1]), "
          + "and the file has \(file.bytes.count - dataStart) bytes of data")
    }
    let byteCount = offsets[1] - offsets[0]
    guard (shape + [dataType.byteWidth]).checkedProduct == byteCount else {
      throw malformed(
        file, "tensor \(name): \(typeName) \(shape) does not take \(byteCount) bytes")
    }
    return TensorDescription(
      name: name, dataType: dataType, shape: shape, offset: dataStart + offsets[0],
      byteCount: byteCount)
  }
}
