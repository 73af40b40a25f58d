/// A tensor of a GGUF file, as stored.
public struct GGUFTensor: Sendable, Hashable {
  public let name: String
  public let type: GGMLType
  /// Row-major, outermost first: the file's order reversed.
  public let shape: [Int]
  /// Bytes from the start of the file that contains it.
  public internal(set) var offset: Int
  /// Which file of a split model contains it, from 0.
  public internal(set) var part = 0
  public let byteCount: Int

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Reads a tensor's description. `offset` is relative to the start of the data until the tensor
  /// is placed.
  init(_ reader: inout ByteReader, alignment: Int) throws {
    name = try reader.string(limit: 1 << 16)
    let rank = try reader.integer(UInt32.self)
    guard (1...4).contains(rank) else {
      throw reader.malformed("tensor \(name) has \(rank) dimensions; it must have 1 to 4")
    }
    let sizes = try (0..<rank).map { _ in try reader.whole(width: 8, isSigned: false) }
    shape = sizes.reversed()
    let code = try reader.integer(UInt32.self)
    guard let type = GGMLType(rawValue: code) else {
      let known = GGMLType.allCases.map { "\($0)".uppercased() }.joined(separator: ", ")
      throw LanguageModelError.unsupported(
        file: reader.file.path,
        problem: "tensor \(name) is stored as GGML type \(GGMLType.name(ofCode: code))",
        remedy: "Supported: \(known). Get a file with one of these types")
    }
    self.type = type
    guard sizes[0] % type.blockLength == 0 else {
      throw reader.malformed(
        "tensor \(name): rows of \(sizes[0]) do not divide into blocks of \(type.blockLength)")
    }
    let blocks = [sizes[0] / type.blockLength] + sizes.dropFirst()
    // The size as floats must fit as well, because the elements are read as floats next.
    guard (sizes + [8]).checkedProduct != nil,
      let byteCount = (blocks + [type.blockByteCount]).checkedProduct
    else { throw reader.malformed("tensor \(name): the shape \(sizes) is too large") }
    self.byteCount = byteCount
    offset = try reader.whole(width: 8, isSigned: false)
    guard offset % alignment == 0 else {
      throw reader.malformed("tensor \(name) does not begin at a multiple of \(alignment)")
    }
  }
}
