import Foundation
import Yams

/// A group of settings with defaults. Its property names are the keys of the settings.
public protocol SettingsSection: Codable, Sendable {
  init()
  /// Throws `badSetting` if a value is out of range, and `settingWithoutEffect` if a value was chosen
  /// that the other settings make meaningless.
  func check(in settings: Settings) throws
}

extension SettingsSection {
  public func check(in settings: Settings) throws {}
}

/// The flat settings of one run: defaults, overridden by a YAML file, overridden by `key=value` words.
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
  private var defaults: [String: Value] = [:]
  private var numeric: Set<String> = []
  /// The possible values of settings that accept one of several words.
  private var words: [String: [String]] = [:]
  /// `chosen`: keys set in a file or by a word. `given`: those and the keys set by a preset.
  private var chosen: Set<String> = []
  private var given: Set<String> = []

  /// Starts from the defaults of `sections`.
  public init(_ sections: [any SettingsSection]) throws {
    for section in sections {
      var defaults = try Self.flat(section)
      // JSON writes 1.0 as 1, so take the type from the section's property.
      for child in Mirror(reflecting: section).children {
        guard let key = child.label else { continue }
        if let word = child.value as? any CaseIterable & RawRepresentable<String> {
          words[key] = Self.words(like: word)
        }
        guard let number = child.value as? Double else { continue }
        numeric.insert(key)
        defaults[key] = .number(number)
      }
      values.merge(defaults) { _, _ in preconditionFailure("a setting is in two sections") }
    }
    defaults = values
  }

  /// Overrides values by those of a YAML mapping. Throws `unknownSetting` for an unknown key.
  public mutating func merge(yaml: String, file: String) throws {
    let parsed: [String: Value]
    do {
      parsed = try YAMLDecoder().decode([String: Value].self, from: yaml)
    } catch {
      throw AlignmentError.badData(
        file: file, problem: "is not a flat YAML mapping of settings (\(error)).")
    }
    try merge(parsed)
    chosen.formUnion(parsed.keys)
  }

  mutating func merge(_ values: [String: Value]) throws {
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      try set(key, Self.text(of: value))
    }
  }

  /// Changes a default. A value that was given stays.
  mutating func suggest(_ number: Double, for key: String) {
    if !given.contains(key) { values[key] = .number(number) }
  }

  /// Overrides values by words such as `learningRate=1e-4`.
  public mutating func merge(words: [String]) throws {
    for word in words {
      guard let equals = word.firstIndex(of: "=") else {
        throw AlignmentError.badSetting(key: word, value: "", expected: "key=value")
      }
      let key = String(word[..<equals])
      try set(key, String(word[word.index(after: equals)...]))
      chosen.insert(key)
    }
  }

  private mutating func set(_ key: String, _ text: String) throws {
    guard let current = values[key] else {
      throw AlignmentError.unknownSetting(key: key, known: values.keys.sorted())
    }
    given.insert(key)
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
    case .text:
      guard words[key]?.contains(text) != false else {
        throw AlignmentError.badSetting(key: key, value: text, expected: Self.list(words[key]))
      }
      values[key] = .text(text)
    }
  }

  private static func words<Word: CaseIterable & RawRepresentable<String>>(like _: Word)
    -> [String]
  {
    Word.allCases.map(\.rawValue)
  }

  private static func list(_ words: [String]?) -> String {
    "one of \((words ?? []).joined(separator: ", "))"
  }

  /// Returns the settings of one section, decoded and checked.
  public func section<Section: SettingsSection>(_ type: Section.Type) throws -> Section {
    let keys = try Self.flat(Section()).keys
    let part = values.filter { keys.contains($0.key) }
    let section: Section
    do {
      section = try JSONDecoder().decode(Section.self, from: JSONEncoder().encode(part))
    } catch let DecodingError.dataCorrupted(context) {
      let key = context.codingPath.last?.stringValue ?? "a setting"
      let value = part[key].map(Self.text(of:)) ?? ""
      throw AlignmentError.badSetting(key: key, value: value, expected: Self.list(words[key]))
    }
    try section.check(in: self)
    return section
  }

  /// Throws `settingWithoutEffect` if one of `keys` was chosen with a value other than its default.
  /// Values that a preset sets are exempt.
  ///
  /// - Parameter reason: Continues the sentence “KEY=VALUE has no effect …”.
  func refuse(_ keys: String..., because reason: String) throws {
    for key in keys where chosen.contains(key) && values[key] != defaults[key] {
      throw AlignmentError.settingWithoutEffect(
        key: key, value: values[key].map(Self.text(of:)) ?? "", reason: reason)
    }
  }

  /// Whether a setting has its default.
  func isDefault(_ key: String) -> Bool { values[key] == defaults[key] }

  /// Returns the value of a text setting, or nil.
  func text(_ key: String) -> String? {
    if case .text(let text) = values[key] { text } else { nil }
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
