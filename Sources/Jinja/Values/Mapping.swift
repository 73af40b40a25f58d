/// A dictionary in the order in which its keys were added.
final class Mapping {
  private(set) var keys: [Value] = []
  private(set) var values: [Value] = []
  private(set) var depth = 1
  /// Places of the keys. Small dictionaries are searched instead.
  private var places: [Key: Int] = [:]
  private static let smallCount = 8

  init() {}

  convenience init(_ members: some Sequence<(Value, Value)>) throws {
    self.init()
    for (key, value) in members { try set(key, value) }
  }

  /// Sets a member, while the dictionary is made: templates cannot change one.
  func set(_ key: Value, _ value: Value) throws {
    depth = max(depth, 1 + max(key.depth, value.depth))
    try Elements.check(depth)
    let hashable = try Key(key)
    if let place = place(of: key, hashable) {
      values[place] = value
      return
    }
    keys.append(key)
    values.append(value)
    if keys.count == Self.smallCount + 1 {
      for (place, key) in keys.enumerated() { places[try Key(key)] = place }
    } else if keys.count > Self.smallCount {
      places[hashable] = keys.count - 1
    }
  }

  private func place(of key: Value, _ hashable: Key) -> Int? {
    if keys.count > Self.smallCount { return places[hashable] }
    return keys.firstIndex { (try? Key($0)) == hashable }
  }

  /// Throws a TypeError for a key that cannot be hashed.
  func value(of key: Value) throws -> Value? {
    if case .string(let text) = key { return value(of: text) }
    let hashable = try Key(key)
    return place(of: key, hashable).map { values[$0] }
  }

  func value(of name: Text) -> Value? {
    if keys.count > Self.smallCount { return places[.string(name)].map { values[$0] } }
    for (place, key) in keys.enumerated() {
      if case .string(let text) = key, text == name { return values[place] }
    }
    return nil
  }

  var members: Zip2Sequence<[Value], [Value]> { zip(keys, values) }

  func clear() {
    keys = []
    values = []
    places = [:]
  }
}

/// A value as a key: numbers that are equal are the same key, as in Python.
enum Key: Hashable {
  case undefined, none
  case int(Int)
  case float(Double)
  case string(Text)
  case tuple([Key])
  case object(ObjectIdentifier)

  init(_ value: Value) throws {
    switch value {
    case .undefined: self = .undefined
    case .none: self = .none
    case .bool(let value): self = .int(value ? 1 : 0)
    case .int(let value): self = .int(value)
    case .float(let value): self = Int(exactly: value).map(Key.int) ?? .float(value)
    case .string(let text): self = .string(text)
    case .tuple(let elements): self = .tuple(try elements.items.map(Key.init))
    case .list, .dictionary:
      throw JinjaError.type("unhashable type: '\(value.typeName)'")
    case .object(let object):
      guard object.isHashable else {
        throw JinjaError.type("unhashable type: '\(object.typeName)'")
      }
      self = .object(ObjectIdentifier(object))
    }
  }
}
