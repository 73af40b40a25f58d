import Foundation
import Yams

/// A group of settings with a default for each; its property names are the keys people write.
public protocol SettingsSection: Codable, Sendable {
  init()
}

/// The flat settings of one run: defaults, then a YAML file, then `key=value` words.
public struct Settings: Sendable {
  enum Value: Codable, Sendable, Hashable {
    case flag(Bool)
    case whole(Int)
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let whole = try? container.decode(Int.self) {
        self = .whole(whole)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .flag(let value): try container.encode(value)
      case .whole(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      }
    }
  }

  private(set) var values: [String: Value] = [:]
  private var numeric: Set<String> = []

  /// Starts from the defaults of `sections`.
  public init(_ sections: [any SettingsSection]) throws {
    for section in sections {
      var defaults = try Self.flat(section)
      // JSON writes 1.0 as 1: what is a number at heart is known from the section itself.
      for child in Mirror(reflecting: section).children {
        guard let key = child.label, let number = child.value as? Double else { continue }
        numeric.insert(key)
        defaults[key] = .number(number)
      }
      values.merge(defaults) { _, _ in preconditionFailure("a setting is in two sections") }
    }
  }

  /// Lays a YAML mapping over the values; a key that is not there is an error.
  public mutating func merge(yaml: String, file: String) throws {
    let parsed: [String: Value]
    do {
      parsed = try YAMLDecoder().decode([String: Value].self, from: yaml)
    } catch {
      throw AlignmentError.badData(
        file: file, problem: "is not a flat YAML mapping of settings (\(error)).")
    }
    try merge(parsed)
  }

  mutating func merge(_ values: [String: Value]) throws {
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      try set(key, Self.text(of: value))
    }
  }

  /// Lays words such as `learningRate=1e-4` over the values.
  public mutating func merge(words: [String]) throws {
    for word in words {
      guard let equals = word.firstIndex(of: "=") else {
        throw AlignmentError.badSetting(key: word, value: "", expected: "key=value")
      }
      try set(String(word[..<equals]), String(word[word.index(after: equals)...]))
    }
  }

  private mutating func set(_ key: String, _ text: String) throws {
    guard let current = values[key] else {
      throw AlignmentError.unknownSetting(key: key, known: values.keys.sorted())
    }
    if numeric.contains(key) {
      guard let number = Double(text), number.isFinite else {
        throw AlignmentError.badSetting(key: key, value: text, expected: "a number")
      }
      values[key] = .number(number)
      return
    }
    switch current {
    case .flag:
      guard let flag = Bool(text) else {
        throw AlignmentError.badSetting(key: key, value: text, expected: "true or false")
      }
      values[key] = .flag(flag)
    case .whole:
      guard let whole = Int(text) else {
        throw AlignmentError.badSetting(key: key, value: text, expected: "a whole number")
      }
      values[key] = .whole(whole)
    case .number:
      values[key] = .number(Double(text) ?? 0)
    case .text: values[key] = .text(text)
    }
  }

  /// The settings of one section, typed.
  public func section<Section: SettingsSection>(_ type: Section.Type) throws -> Section {
    let keys = try Self.flat(Section()).keys
    let part = values.filter { keys.contains($0.key) }
    do {
      return try JSONDecoder().decode(Section.self, from: JSONEncoder().encode(part))
    } catch let DecodingError.dataCorrupted(context) {
      let key = context.codingPath.last?.stringValue ?? "a setting"
      let value = part[key].map(Self.text(of:)) ?? ""
      throw AlignmentError.badSetting(
        key: key, value: value, expected: "one of the documented words")
    }
  }

  /// The resolved settings as YAML, keys sorted.
  public var yaml: String {
    values.sorted { $0.key < $1.key }.map { "\($0): \(Self.text(of: $1))\n" }.joined()
  }

  private static func flat(_ section: any SettingsSection) throws -> [String: Value] {
    try JSONDecoder().decode([String: Value].self, from: JSONEncoder().encode(section))
  }

  private static func text(of value: Value) -> String {
    switch value {
    case .flag(let flag): String(flag)
    case .whole(let whole): String(whole)
    case .number(let number): String(number)
    case .text(let text): text
    }
  }
}
