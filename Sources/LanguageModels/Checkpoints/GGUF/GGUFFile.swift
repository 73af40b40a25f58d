import Foundation

/// A GGUF file (version 2 or 3), mapped into memory and validated before use. The parts of a split
/// model are read as one file.
public struct GGUFFile: Sendable {
  public let version: Int
  public let metadata: [String: GGUFValue]
  /// In the order of the file.
  public let tensors: [GGUFTensor]
  /// The file, or the first part of a split model.
  public let file: MappedFile
  /// All files that contain tensors.
  private let parts: [MappedFile]

  /// Reads a file, and the other parts beside it if it is a part of a split model.
  public init(path: String) throws {
    let single = try GGUFFile(singlePath: path)
    guard let parts = try GGUFParts(of: single) else {
      self = single
      return
    }
    let files = try parts.paths.map { try $0 == path ? single : GGUFFile(singlePath: $0) }
    let tensors = files.enumerated().flatMap { part, file in
      file.tensors.map { tensor in
        var tensor = tensor
        tensor.part = part
        return tensor
      }
    }
    try parts.check(files, tensors)
    self.init(
      version: single.version, metadata: files[0].metadata, tensors: tensors, file: files[0].file,
      parts: files.map(\.file))
  }

  private init(
    version: Int, metadata: [String: GGUFValue], tensors: [GGUFTensor], file: MappedFile,
    parts: [MappedFile]
  ) {
    self.version = version
    self.metadata = metadata
    self.tensors = tensors
    self.file = file
    self.parts = parts
  }

  private init(singlePath path: String) throws {
    let file = try MappedFile(path: path)
    var reader = ByteReader(file: file, format: "GGUF")
    guard file.withBytes({ $0.starts(with: "GGUF".utf8) }) else {
      throw reader.malformed("does not begin with GGUF")
    }
    reader.position = 4
    let version = try reader.integer(UInt32.self)
    guard version == 2 || version == 3 else {
      let isSwapped = version.byteSwapped == 2 || version.byteSwapped == 3
      throw LanguageModelError.unsupported(
        file: path, problem: isSwapped ? "is big-endian" : "has the GGUF version \(version)",
        remedy: "Supported: little-endian GGUF, version 2 and 3")
    }
    let tensorCount = try reader.count(minimumSize: 24, of: "tensors")
    let metadataCount = try reader.count(minimumSize: 13, of: "metadata entries")
    var metadata: [String: GGUFValue] = [:]
    for _ in 0..<metadataCount {
      let key = try reader.string(limit: 1 << 16)
      let value = try GGUFValue(&reader, key: key)
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw reader.malformed("the key \(key) occurs twice")
      }
    }
    let alignment = metadata["general.alignment"]?.integer ?? 32
    guard (1...65_536).contains(alignment), alignment & (alignment - 1) == 0 else {
      throw reader.malformed("general.alignment is \(alignment), not a power of two")
    }
    var tensors: [GGUFTensor] = []
    for _ in 0..<tensorCount { tensors.append(try GGUFTensor(&reader, alignment: alignment)) }
    if tensorCount > 0 {
      let dataStart = (reader.position + alignment - 1) & ~(alignment - 1)
      try Self.place(&tensors, dataStart: dataStart, reader: reader)
    }
    self.init(
      version: Int(version), metadata: metadata, tensors: tensors, file: file, parts: [file])
  }

  /// Converts offsets to positions in the file. Throws for tensors that exceed the file or overlap.
  private static func place(
    _ tensors: inout [GGUFTensor], dataStart: Int, reader: ByteReader
  ) throws {
    var names: Set<String> = []
    for index in tensors.indices {
      let tensor = tensors[index]
      let available = reader.bytes.count - dataStart
      guard tensor.byteCount <= available, tensor.offset <= available - tensor.byteCount else {
        throw reader.malformed(
          "tensor \(tensor.name) reaches past the end; the file is truncated or damaged")
      }
      guard names.insert(tensor.name).inserted else {
        throw reader.malformed("tensor \(tensor.name) occurs twice")
      }
      tensors[index].offset += dataStart
    }
    let sorted = tensors.sorted { $0.offset < $1.offset }
    for (tensor, next) in zip(sorted, sorted.dropFirst())
    where tensor.offset + tensor.byteCount > next.offset {
      throw reader.malformed("the tensors \(tensor.name) and \(next.name) overlap")
    }
  }

  /// Returns the tensor of a name, or nil.
  public func tensor(named name: String) -> GGUFTensor? {
    tensors.first { $0.name == name }
  }

  /// Returns the stored bytes of a tensor of this file. They are valid while the file lives.
  public func bytes(of tensor: GGUFTensor) -> UnsafeRawBufferPointer {
    let range = tensor.offset..<(tensor.offset + tensor.byteCount)
    return UnsafeRawBufferPointer(rebasing: parts[tensor.part].bytes[range])
  }
}
