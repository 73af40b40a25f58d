import Foundation
import Foundations

/// Writes a GGUF file of version 3.
struct GGUFWriter {
  struct Tensor {
    let name: String
    let type: GGMLType
    /// Row-major, outermost first.
    let shape: [Int]

    var byteCount: Int {
      shape.reduce(1, *) / type.blockLength * type.blockByteCount
    }
  }

  private static let alignment = 32
  private let output: AtomicFile
  private var tensors: ArraySlice<Tensor>

  /// Writes everything except the tensors' bytes, which `append` takes in the same order.
  init(path: String, metadata: [(key: String, value: GGUFValue)], tensors: [Tensor]) throws {
    output = try AtomicFile(path: path)
    self.tensors = tensors[...]
    var header = Data("GGUF".utf8)
    Self.put(UInt32(3), &header)
    Self.put(UInt64(tensors.count), &header)
    Self.put(UInt64(metadata.count), &header)
    for (key, value) in metadata {
      Self.put(key, &header)
      Self.put(value, &header)
    }
    var offset = 0
    for tensor in tensors {
      Self.put(tensor.name, &header)
      Self.put(UInt32(tensor.shape.count), &header)
      for size in tensor.shape.reversed() { Self.put(UInt64(size), &header) }
      Self.put(tensor.type.rawValue, &header)
      Self.put(UInt64(offset), &header)
      offset += Self.padded(tensor.byteCount)
    }
    header.append(Data(count: Self.padded(header.count) - header.count))
    try header.withUnsafeBytes { try output.write($0) }
  }

  /// Writes the next tensor in its announced type.
  mutating func append(_ floats: [Float]) throws {
    guard let tensor = tensors.popFirst() else { preconditionFailure("no tensor is left to write") }
    precondition(floats.count == tensor.shape.reduce(1, *), "\(tensor.name) has another shape")
    let bytes = try floats.withUnsafeBufferPointer { try tensor.type.encode($0) }
    let padding = [UInt8](repeating: 0, count: Self.padded(bytes.count) - bytes.count)
    try bytes.withUnsafeBytes { try output.write($0) }
    try padding.withUnsafeBytes { try output.write($0) }
  }

  func finish() throws {
    precondition(tensors.isEmpty, "tensors are left to write")
    try output.commit()
  }

  private static func padded(_ size: Int) -> Int { (size + alignment - 1) / alignment * alignment }

  private static func put(_ number: some FixedWidthInteger, _ data: inout Data) {
    withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
  }

  private static func put(_ text: String, _ data: inout Data) {
    put(UInt64(text.utf8.count), &data)
    data.append(contentsOf: text.utf8)
  }

  /// Writes integers as uint32 where they fit (int32 in lists) and other numbers as fp32.
  private static func put(_ value: GGUFValue, _ data: inout Data) {
    switch value {
    case .integer(let number):
      put(UInt32(4), &data)
      put(UInt32(clamping: number), &data)
    case .number(let number):
      put(UInt32(6), &data)
      put(Float(number).bitPattern, &data)
    case .bool(let flag):
      put(UInt32(7), &data)
      put(UInt8(flag ? 1 : 0), &data)
    case .string(let text):
      put(UInt32(8), &data)
      put(text, &data)
    case .integers(let numbers):
      putList(5, numbers, &data) { put(Int32(clamping: $0), &$1) }
    case .numbers(let numbers):
      putList(6, numbers, &data) { put(Float($0).bitPattern, &$1) }
    case .bools(let flags):
      putList(7, flags, &data) { put(UInt8($0 ? 1 : 0), &$1) }
    case .strings(let texts):
      putList(8, texts, &data) { put($0, &$1) }
    }
  }

  private static func putList<Element>(
    _ code: UInt32, _ elements: [Element], _ data: inout Data, _ body: (Element, inout Data) -> Void
  ) {
    put(UInt32(9), &data)
    put(code, &data)
    put(UInt64(elements.count), &data)
    for element in elements { body(element, &data) }
  }
}

extension GGMLType {
  /// The types that can be written.
  static let written: [GGMLType] = [.f32, .f16, .bf16, .q8_0]

  func encode(_ floats: UnsafeBufferPointer<Float>) throws -> [UInt8] {
    guard self == .q8_0 else { return try (dataType ?? .float32).encode(floats) }
    return [UInt8](unsafeUninitializedCapacity: floats.count / 32 * 34) { target, count in
      for block in 0..<(floats.count / 32) {
        let values = UnsafeBufferPointer(rebasing: floats[(block * 32)..<(block * 32 + 32)])
        let scale = values.reduce(0) { max($0, abs($1)) } / 127
        let inverse = scale > 0 ? 1 / scale : 0
        let bits = scale.half
        let start = block * 34
        target[start] = UInt8(truncatingIfNeeded: bits)
        target[start + 1] = UInt8(truncatingIfNeeded: bits >> 8)
        for (index, value) in values.enumerated() {
          let rounded = (value * inverse).rounded(.toNearestOrAwayFromZero)
          target[start + 2 + index] = UInt8(bitPattern: Int8(clamping: Int(rounded)))
        }
      }
      count = floats.count / 32 * 34
    }
  }
}
