import Foundation

/// A TensorBoard event file with the scalars of a run.
///
/// TFRecord framing (length, masked CRC-32C of it, bytes, masked CRC-32C of them) around the
/// protocol-buffer message `Event` of tensorflow/core/util/event.proto.
final class EventFile {
  private let handle: FileHandle

  init(folder: URL) throws {
    let now = Date().timeIntervalSince1970
    let name = "events.out.tfevents.\(Int(now * 1000)).plumbline.\(getpid())"
    let file = folder.appending(path: name)
    try Data().write(to: file)
    handle = try FileHandle(forWritingTo: file)
    var event = ProtocolBuffer()
    event.double(1, now)
    event.bytes(3, Data("brain.Event:2".utf8))
    try write(event.data)
  }

  /// Appends the numbers of one step.
  func write(_ numbers: [String: Double], step: Int) throws {
    var summary = ProtocolBuffer()
    for (tag, number) in numbers.sorted(by: { $0.key < $1.key }) {
      var value = ProtocolBuffer()
      value.bytes(1, Data(tag.utf8))
      value.float(2, Float(number))
      summary.bytes(1, value.data)
    }
    var event = ProtocolBuffer()
    event.double(1, Date().timeIntervalSince1970)
    event.integer(2, step)
    event.bytes(5, summary.data)
    try write(event.data)
  }

  private func write(_ message: Data) throws {
    let length = withUnsafeBytes(of: UInt64(message.count).littleEndian) { Data($0) }
    var record = length
    record.append(Self.maskedChecksum(length))
    record.append(message)
    record.append(Self.maskedChecksum(message))
    try handle.write(contentsOf: record)
  }

  private static func maskedChecksum(_ data: Data) -> Data {
    let crc = CRC32C.checksum(data)
    let masked = ((crc >> 15) | (crc << 17)) &+ 0xA282_EAD8
    return withUnsafeBytes(of: masked.littleEndian) { Data($0) }
  }
}

/// The wire types of protocol buffers that an event needs.
private struct ProtocolBuffer {
  private(set) var data = Data()

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      data.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    data.append(UInt8(rest))
  }

  private mutating func key(_ field: UInt64, _ wireType: UInt64) { varint(field << 3 | wireType) }

  mutating func integer(_ field: UInt64, _ value: Int) {
    key(field, 0)
    varint(UInt64(value))
  }

  mutating func double(_ field: UInt64, _ value: Double) {
    key(field, 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
  }

  mutating func bytes(_ field: UInt64, _ value: Data) {
    key(field, 2)
    varint(UInt64(value.count))
    data.append(value)
  }

  mutating func float(_ field: UInt64, _ value: Float) {
    key(field, 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
  }
}

/// CRC-32C (Castagnoli), reflected polynomial 0x82F63B78.
private enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
  }

  static func checksum(_ data: Data) -> UInt32 {
    ~data.reduce(~0) { crc, byte in (crc >> 8) ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
  }
}
