import Foundations

extension JSON: JSONTree {
  package static func members(_ members: OrderedMembers) -> JSON { .object(members.list) }

  package static let maximumDepth = 64

  /// Parses strictly (`JSONReader`): valid UTF-8, no duplicate keys, at most `maximumDepth` levels.
  /// Throws `JSONSyntaxError`.
  package init(
    parsing bytes: UnsafeRawBufferPointer, maximumDepth: Int = JSON.maximumDepth
  ) throws {
    self = try JSONReader.read(bytes, maximumDepth: maximumDepth)
  }

  /// Returns one member of an object, or nil. The text after it is not read.
  static func member(
    _ name: String, parsing bytes: UnsafeRawBufferPointer
  ) throws -> JSON? {
    try JSONReader.member(name, of: bytes, maximumDepth: maximumDepth)
  }

  package init(parsing text: String) throws {
    var text = text
    self = try text.withUTF8 { try JSON(parsing: UnsafeRawBufferPointer($0)) }
  }
}

/// The members of an object in their order. Keys differ if any byte does; a repeated key is refused.
package struct OrderedMembers: JSONMembers {
  fileprivate var list: [(key: String, value: JSON)] = []
  private var seen: Set<ExactString> = []

  package init() {}

  package mutating func add(_ key: String, _ value: JSON) -> Bool {
    guard seen.insert(ExactString(key)).inserted else { return false }
    list.append((key, value))
    return true
  }
}
