import Foundation

/// Writes small GGUF files, sound or not.
struct GGUFBuilder {
  var version: UInt32 = 3
  private var metadata: [[UInt8]] = []
  private var tensors: [(info: [UInt8], data: [UInt8])] = []

  static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func text(_ text: String) -> [UInt8] {
    bytes(UInt64(text.utf8.count)) + Array(text.utf8)
  }

  mutating func add(_ key: String, type: UInt32, _ value: [UInt8]) {
    metadata.append(Self.text(key) + Self.bytes(type) + value)
  }

  mutating func add(_ key: String, _ value: UInt32) { add(key, type: 4, Self.bytes(value)) }
  mutating func add(_ key: String, _ value: Float) {
    add(key, type: 6, Self.bytes(value.bitPattern))
  }
  mutating func add(_ key: String, _ value: String) { add(key, type: 8, Self.text(value)) }
  mutating func add(_ key: String, _ values: [String]) {
    add(
      key, type: 9,
      Self.bytes(UInt32(8)) + Self.bytes(UInt64(values.count)) + values.flatMap(Self.text))
  }

  /// `shape` is outermost first; the file has it the other way round.
  mutating func add(
    tensor name: String, shape: [Int], type: UInt32, data: [UInt8], offset: UInt64? = nil
  ) {
    let place = offset ?? UInt64(tensors.reduce(0) { $0 + Self.padded($1.data.count) })
    var info = Self.text(name) + Self.bytes(UInt32(shape.count))
    for size in shape.reversed() { info += Self.bytes(Int64(size)) }
    info += Self.bytes(type) + Self.bytes(place)
    tensors.append((info, data))
  }

  private static func padded(_ count: Int) -> Int { (count + 31) & ~31 }

  var data: Data {
    var bytes = Array("GGUF".utf8) + Self.bytes(version)
    bytes += Self.bytes(UInt64(tensors.count)) + Self.bytes(UInt64(metadata.count))
    for entry in metadata { bytes += entry }
    for tensor in tensors { bytes += tensor.info }
    for tensor in tensors {
      bytes += [UInt8](repeating: 0, count: Self.padded(bytes.count) - bytes.count)
      bytes += tensor.data
    }
    return Data(bytes)
  }
}
