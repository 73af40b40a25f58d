/// A metadata value of a GGUF file.
public enum GGUFValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case bool(Bool)
  case string(String)
  case integers([Int])
  case numbers([Double])
  case bools([Bool])
  case strings([String])

  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var integers: [Int]? { if case .integers(let values) = self { values } else { nil } }
  public var numbers: [Double]? { if case .numbers(let values) = self { values } else { nil } }
  public var strings: [String]? { if case .strings(let values) = self { values } else { nil } }

  /// Any number, including integers.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  init(_ reader: inout ByteReader, key: String) throws {
    let code = try reader.integer(UInt32.self)
    guard code == Self.arrayCode else {
      let type = try Self.elementType(code, reader: reader, key: key)
      switch type {
      case .string: self = .string(try reader.string(limit: 1 << 30))
      case .bool: self = .bool(try reader.bool())
      case .float(let width): self = .number(try reader.float(width: width))
      case .integer(let width, let isSigned):
        self = .integer(try reader.whole(width: width, isSigned: isSigned))
      }
      return
    }
    let elementCode = try reader.integer(UInt32.self)
    guard elementCode != Self.arrayCode else {
      throw reader.malformed("the value of \(key) is a list of lists, which is not supported")
    }
    let type = try Self.elementType(elementCode, reader: reader, key: key)
    let count = try reader.count(minimumSize: type.minimumSize, of: "elements of \(key)")
    switch type {
    case .string:
      self = .strings(try (0..<count).map { _ in try reader.string(limit: 1 << 24) })
    case .bool: self = .bools(try (0..<count).map { _ in try reader.bool() })
    case .float(let width):
      self = .numbers(try (0..<count).map { _ in try reader.float(width: width) })
    case .integer(let width, let isSigned):
      self = .integers(
        try (0..<count).map { _ in try reader.whole(width: width, isSigned: isSigned) })
    }
  }

  private static let arrayCode: UInt32 = 9

  private enum ElementType {
    case integer(width: Int, isSigned: Bool)
    case float(width: Int)
    case bool
    case string

    var minimumSize: Int {
      switch self {
      case .integer(let width, _), .float(let width): width
      case .bool: 1
      case .string: 8
      }
    }
  }

  private static func elementType(
    _ code: UInt32, reader: ByteReader, key: String
  ) throws -> ElementType {
    switch code {
    case 0: .integer(width: 1, isSigned: false)
    case 1: .integer(width: 1, isSigned: true)
    case 2: .integer(width: 2, isSigned: false)
    case 3: .integer(width: 2, isSigned: true)
    case 4: .integer(width: 4, isSigned: false)
    case 5: .integer(width: 4, isSigned: true)
    case 6: .float(width: 4)
    case 7: .bool
    case 8: .string
    case 10: .integer(width: 8, isSigned: false)
    case 11: .integer(width: 8, isSigned: true)
    case 12: .float(width: 8)
    default: throw reader.malformed("the value of \(key) has the unknown type \(code)")
    }
  }
}
