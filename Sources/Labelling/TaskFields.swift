import PreferenceData

/// Reads the members of an object in task.yaml and names the key in every error.
public struct TaskFields: Sendable {
  let path: String
  let members: [String: JSONValue]

  func error(_ key: String?, _ reason: String) -> LabellingError {
    .badTask(key: key.map(name) ?? path, reason: reason)
  }

  func refuseUnknown(_ known: Set<String>) throws {
    guard let unknown = members.keys.filter({ !known.contains($0) }).min() else { return }
    throw error(
      unknown, "is not known here; known are \(known.sorted().joined(separator: ", "))")
  }

  func text(_ key: String) throws -> String? {
    try value(key, "must be a text") { $0.stringValue }
  }

  func bool(_ key: String) throws -> Bool? {
    try value(key, "must be true or false") { $0.boolValue }
  }

  func integer(_ key: String, in allowed: ClosedRange<Int>) throws -> Int? {
    let reason = "must be a whole number from \(allowed.lowerBound) to \(allowed.upperBound)"
    return try value(key, reason) { value in
      value.intValue.flatMap { allowed.contains($0) ? $0 : nil }
    }
  }

  func number(_ key: String, in allowed: ClosedRange<Double>) throws -> Double? {
    let reason = "must be a number from \(allowed.lowerBound) to \(allowed.upperBound)"
    return try value(key, reason) { value in
      value.doubleValue.flatMap { allowed.contains($0) ? $0 : nil }
    }
  }

  func texts(_ key: String) throws -> [String]? {
    try value(key, "must be a list of texts") { value in
      let texts = value.arrayValue?.compactMap(\.stringValue)
      return texts?.count == value.arrayValue?.count ? texts : nil
    }
  }

  // `rationale:` with nothing after it asks the question with its defaults; `false` does not.
  func object(_ key: String) throws -> TaskFields? {
    switch members[key] {
    case nil, .bool(false): nil
    case .null, .bool(true): TaskFields(path: name(key), members: [:])
    case .object(let members): TaskFields(path: name(key), members: members)
    default: throw error(key, "must be a group of keys such as {required: true}")
    }
  }

  private func value<Value>(
    _ key: String, _ reason: String, _ read: (JSONValue) -> Value?
  ) throws -> Value? {
    guard let found = members[key], found != .null else { return nil }
    guard let value = read(found) else { throw error(key, reason) }
    return value
  }

  private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
