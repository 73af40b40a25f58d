// Every labelling cycle checks, reads and writes a judgement. So the code for it is inlinable or
// specialised: generic code took a tenth of the time of a cycle (docs/experiments/labelling-load.md).

/// The answer to one question. The form of its JSON determines the case, so a judgement can be read
/// without the task's questions.
public enum AnswerValue<Ref: ResponseReference>: Sendable, Hashable {
  /// A point on a scale.
  case number(Int)
  /// Free text, or the chosen option.
  case text(String)
  /// The flags that apply.
  case marks([String])
  /// Responses from best to worst; ties share a group.
  case ranking([[Ref]])
  /// One answer for each response.
  case each([Ref: AnswerValue])
}

extension AnswerValue {
  /// The value of a number.
  @inlinable public var number: Int? {
    if case .number(let value) = self { value } else { nil }
  }

  /// The value of a text.
  @inlinable public var text: String? {
    if case .text(let value) = self { value } else { nil }
  }

  /// The flags of a list of flags.
  @inlinable public var marks: [String]? {
    if case .marks(let values) = self { values } else { nil }
  }

  /// The groups of a ranking.
  @inlinable public var groups: [[Ref]]? {
    if case .ranking(let groups) = self { groups } else { nil }
  }

  /// The answers of a value with one answer for each response.
  @inlinable public var each: [Ref: AnswerValue]? {
    if case .each(let values) = self { values } else { nil }
  }

  /// The free texts and chosen options in the answer, including those for each response.
  public var texts: [String] {
    switch self {
    case .text(let text): [text]
    case .each(let values): values.values.flatMap(\.texts)
    case .number, .marks, .ranking: []
    }
  }

  /// Whether the value contains no answer at all.
  @inlinable public var isEmpty: Bool {
    switch self {
    case .number: false
    case .text(let text): text.isEmpty
    case .marks(let marks): marks.isEmpty
    case .ranking(let groups): groups.isEmpty
    case .each(let values): values.values.allSatisfy(\.isEmpty)
    }
  }

  /// The answer in its stored form, with sorted ties and flags, because their order has no meaning.
  @inlinable var normalised: AnswerValue? {
    if isEmpty { return nil }
    return switch self {
    case .number, .text: self
    case .marks(let marks): .marks(marks.sorted())
    case .ranking(let groups): .ranking(groups.map { $0.sorted() })
    case .each(let values): .each(values.compactMapValues(\.normalised))
    }
  }

  /// Returns the answer with its references replaced. `transform` returns nil to leave one out.
  @inlinable func mapped<Other, Failure>(
    _ transform: (Ref) throws(Failure) -> Other?
  ) throws(Failure) -> AnswerValue<Other> {
    switch self {
    case .number(let value): return .number(value)
    case .text(let value): return .text(value)
    case .marks(let values): return .marks(values)
    case .ranking(let groups):
      var mapped: [[Other]] = []
      for group in groups {
        var others: [Other] = []
        for ref in group { if let other = try transform(ref) { others.append(other) } }
        mapped.append(others)
      }
      return .ranking(mapped)
    case .each(let values):
      var mapped: [Other: AnswerValue<Other>] = [:]
      for (ref, value) in values {
        if let other = try transform(ref) { mapped[other] = try value.mapped(transform) }
      }
      return .each(mapped)
    }
  }

  /// Every reference in the answer, including repeated ones.
  var references: [Ref] {
    switch self {
    case .number, .text, .marks: []
    case .ranking(let groups): groups.flatMap(\.self)
    case .each(let values): Array(values.keys)
    }
  }
}

// MARK: - JSON

extension AnswerValue {
  /// The answer as JSON.
  public var json: JSONValue {
    switch self {
    case .number(let value): .integer(value)
    case .text(let value): .string(value)
    case .marks(let values): .strings(values)
    case .ranking(let groups): .array(groups.map { .strings($0.map(\.rawValue)) })
    case .each(let values):
      .object(
        Dictionary(values.map { ($0.rawValue, $1.json) }, uniquingKeysWith: { first, _ in first }))
    }
  }

  /// Reads an answer of any form; `key` names it in `LineProblem.wrongType`.
  init(_ json: JSONValue, key: String) throws(LineProblem) {
    if case .object(let members) = json {
      var values: [Ref: AnswerValue] = [:]
      for (name, value) in members where value != .null {
        if case .object = value { throw Self.unreadable("\(key).\(name)") }
        values[Ref(rawValue: name)] = try AnswerValue(value, key: "\(key).\(name)")
      }
      self = .each(values)
    } else if let number = json.intValue {
      self = .number(number)
    } else if let text = json.stringValue {
      self = .text(text)
    } else if let marks = json.texts {
      self = .marks(marks)
    } else if let groups = json.groups {
      self = .ranking(groups.map { $0.map(Ref.init(rawValue:)) })
    } else {
      throw Self.unreadable(key)
    }
  }

  private static func unreadable(_ key: String) -> LineProblem {
    .wrongType(
      key: key,
      expected: "a whole number, a text, a list of texts, a ranking, or one of these by answer")
  }

  /// Reads an answer of a known form.
  init(_ json: JSONValue, as form: AnswerForm, key: String) throws(LineProblem) {
    if form.isPerResponse {
      guard case .object(let members) = json else {
        throw .wrongType(key: key, expected: "an object with a member for each answer")
      }
      var values: [Ref: AnswerValue] = [:]
      for (name, value) in members where value != .null {
        values[Ref(rawValue: name)] = try AnswerValue(
          value, as: AnswerForm(form.unit), key: "\(key).\(name)")
      }
      self = .each(values)
      return
    }
    let value: AnswerValue? =
      switch form.unit {
      case .number: json.intValue.map { .number($0) }
      case .text: json.stringValue.map { .text($0) }
      case .marks: json.texts.map { .marks($0) }
      case .ranking: json.groups.map { .ranking($0.map { $0.map(Ref.init(rawValue:)) }) }
      }
    guard let value else { throw .wrongType(key: key, expected: form.unit.description) }
    self = value
  }
}

/// The required form of an answer.
public struct AnswerForm: Sendable, Hashable {
  public enum Unit: Sendable, Hashable, CustomStringConvertible {
    case number, text, marks, ranking

    public var description: String {
      switch self {
      case .number: "a whole number"
      case .text: "a text"
      case .marks: "a list of texts"
      case .ranking: "a list of lists of answers"
      }
    }
  }

  public var unit: Unit
  public var isPerResponse: Bool

  public init(_ unit: Unit, isPerResponse: Bool = false) {
    self.unit = unit
    self.isPerResponse = isPerResponse
  }

  /// Returns whether an answer has this form.
  public func fits<Ref>(_ value: AnswerValue<Ref>) -> Bool {
    if isPerResponse {
      return value.each?.values.allSatisfy(AnswerForm(unit).fits) ?? false
    }
    return switch (value, unit) {
    case (.number, .number), (.text, .text), (.marks, .marks), (.ranking, .ranking): true
    default: false
    }
  }
}

extension JSONValue {
  fileprivate var texts: [String]? {
    guard let elements = arrayValue else { return nil }
    let texts = elements.compactMap(\.stringValue)
    return texts.count == elements.count ? texts : nil
  }

  fileprivate var groups: [[String]]? {
    guard let elements = arrayValue else { return nil }
    let groups = elements.compactMap(\.texts)
    return groups.count == elements.count ? groups : nil
  }
}
