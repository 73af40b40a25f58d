/// The members at the beginning of a JSON object, and the first elements of their lists.
struct JSONOutline {
  enum Value {
    case text, other
    case object
    /// The first element, unless the list is empty or its first element is cut off.
    case list(first: JSONValue?)
  }

  struct Member {
    /// The keys that lead to it: one, or two within an object.
    var path: [String]
    var value: Value
  }

  private(set) var members: [Member] = []
  /// Whether the object ends within the bytes, and whether something follows it.
  private(set) var isWhole = false
  private(set) var isFollowed = false

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    skipSpace()
    isWhole = object(under: [])
    skipSpace()
    isFollowed = position < bytes.count
  }

  private mutating func object(under path: [String]) -> Bool {
    guard take(UInt8(ascii: "{")) else { return false }
    skipSpace()
    if take(UInt8(ascii: "}")) { return true }
    repeat {
      skipSpace()
      guard let key = text() else { return false }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { return false }
      skipSpace()
      guard member(path + [key]) else { return false }
      skipSpace()
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "}"))
  }

  private mutating func member(_ path: [String]) -> Bool {
    guard position < bytes.count else { return false }
    switch bytes[position] {
    case UInt8(ascii: "["):
      let start = position
      position += 1
      skipSpace()
      let first = position
      var value: JSONValue?
      if skipValue(), first < position { value = try? JSONValue(parsing: bytes[first..<position]) }
      members.append(Member(path: path, value: .list(first: value)))
      position = start
      return skipValue()
    case UInt8(ascii: "{") where path.count < 2:
      members.append(Member(path: path, value: .object))
      return object(under: path)
    case UInt8(ascii: "{"):
      members.append(Member(path: path, value: .object))
      return skipValue()
    case UInt8(ascii: "\""):
      members.append(Member(path: path, value: .text))
      return skipValue()
    default:
      members.append(Member(path: path, value: .other))
      return skipValue()
    }
  }

  private mutating func text() -> String? {
    let start = position
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\""), skipValue() else {
      return nil
    }
    return (try? JSONValue(parsing: bytes[start..<position]))?.stringValue
  }

  /// Moves behind a value; false if it is cut off.
  private mutating func skipValue() -> Bool {
    var depth = 0
    var isInText = false
    while position < bytes.count {
      let byte = bytes[position]
      if isInText {
        position += byte == UInt8(ascii: "\\") ? 2 : 1
        if byte == UInt8(ascii: "\"") {
          isInText = false
          if depth == 0 { return true }
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInText = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return true }
        depth -= 1
        if depth == 0 {
          position += 1
          return true
        }
      case UInt8(ascii: ",") where depth == 0: return true
      default: break
      }
      position += 1
    }
    return false
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }
}
