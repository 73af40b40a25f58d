/// A judgement: answers by question id, about responses by `Ref`.
public struct Answers<Ref: ResponseReference>: Sendable, Hashable {
  @usableFromInline var values: [String: AnswerValue<Ref>] = [:]
  /// How long the labeller worked on it.
  public var activeSeconds: Double?
  /// Whether it is a reviewer's decision, which replaces the labellers' judgements. Only rows of
  /// the `rankings` format say so; answers by letters never are decisions.
  public var isDecision = false

  @inlinable public init() {}

  public init(ranking: [[Ref]]) {
    self.ranking = ranking
  }

  /// The answer to a question; an answer without content is none.
  @inlinable public subscript(question: String) -> AnswerValue<Ref>? {
    get { values[question] }
    set { values[question] = newValue.flatMap { $0.hasContent ? $0 : nil } }
  }

  /// The ids of the questions with an answer, sorted.
  @inlinable public var questions: [String] { values.keys.sorted() }

  /// Whether no question is answered.
  @inlinable public var isEmpty: Bool { values.values.allSatisfy(\.isEmpty) }

  /// Every response that an answer is about, by question.
  var references: [(question: String, refs: [Ref])] {
    questions.map { ($0, values[$0]?.references ?? []) }
  }

  /// Returns the answers about other references, each in its one stored form; `transform` gets
  /// the question's id with each reference and returns nil for one to leave out.
  @inlinable public func mapped<Other, Failure>(
    _ transform: (_ question: String, Ref) throws(Failure) -> Other?
  ) throws(Failure) -> Answers<Other> {
    var mapped = Answers<Other>()
    for question in questions {
      guard let value = values[question] else { continue }
      mapped[question] = try value.mapped { (ref) throws(Failure) in
        try transform(question, ref)
      }.normalised
    }
    mapped.activeSeconds = activeSeconds
    return mapped
  }
}

extension AnswerValue {
  // Unlike `isEmpty`, keeps what names a response: an unknown one is refused, not lost.
  @inlinable var hasContent: Bool {
    if case .each(let values) = self { return !values.isEmpty }
    return !isEmpty
  }
}

/// A judgement in terms of response ids, as it is stored.
public typealias Judgement = Answers<ResponseID>

/// A judgement as a labeller submits it: answers go by the letters in which they were shown.
public typealias JudgementForm = Answers<Letter>

extension AnswerValue {
  /// The answer to a preference question that neither response is good: a tie that says more.
  public static var bothBad: AnswerValue { .text("bothBad") }
}

// MARK: - Well-known questions

extension Answers {
  public var ranking: [[Ref]] {
    get { self["ranking"]?.groups ?? [] }
    set { self["ranking"] = .ranking(newValue) }
  }

  public var ratings: [Ref: Int] {
    get { self["rating"]?.each?.compactMapValues(\.number) ?? [:] }
    set { self["rating"] = .each(newValue.mapValues { .number($0) }) }
  }

  public var flags: [Ref: [String]] {
    get { self["flags"]?.each?.compactMapValues(\.marks) ?? [:] }
    set { self["flags"] = .each(newValue.mapValues { .marks($0) }) }
  }

  public var promptFlags: [String] {
    get { self["promptFlags"]?.marks ?? [] }
    set { self["promptFlags"] = .marks(newValue) }
  }

  /// How much better the first group of the ranking is; 0 for a tie.
  public var strength: Int? {
    get { self["strength"]?.strength }
    set { self["strength"] = newValue.map { .number($0) } }
  }

  public var confidence: Int? {
    get { self["confidence"]?.number }
    set { self["confidence"] = newValue.map { .number($0) } }
  }

  public var rationale: String? {
    get { self["rationale"]?.text }
    set { self["rationale"] = newValue.map { .text($0) } }
  }

  public var demonstration: String? {
    get { self["demonstration"]?.text }
    set { self["demonstration"] = newValue.map { .text($0) } }
  }
}

extension AnswerValue {
  // `bothBad` is in `answers`; beside it the strength of a tie.
  fileprivate var strength: Int? { text == nil ? number : 0 }
}

// MARK: - JSON

extension Answers: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(json: JSONValue(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

  /// The answers as a JSON object: the ranking, and every member that is not empty.
  public var json: JSONValue {
    @_specialize(where Ref == Letter)
    @_specialize(where Ref == ResponseID)
    get {
      var members = self.members(named: \.member)
      members["ranking"] = members["ranking"] ?? .array([])
      members["activeSeconds"] = activeSeconds.map { .number($0) }
      if isDecision { members["decision"] = true }
      return .object(members)
    }
  }

  /// The answers as members of a row: those of well-known questions are always there.
  var columns: [String: JSONValue] {
    var members = self.members(named: \.column)
    for known in WellKnownQuestion.allCases where members[known.column] == nil {
      members[known.column] = known.emptyColumn
    }
    members["active_seconds"] = .optional(activeSeconds.map { .number($0) })
    members["decision"] = .bool(isDecision)
    return members
  }

  private func members(named name: (WellKnownQuestion) -> String) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    var others: [String: JSONValue] = [:]
    for (question, value) in values {
      if let known = WellKnownQuestion(rawValue: question), known.form.fits(value) {
        members[name(known)] = value.json
      } else {
        others[question] = value.json
      }
    }
    if let strength { members[name(.strength)] = .integer(strength) }
    if !others.isEmpty { members["answers"] = .object(others) }
    return members
  }

  /// Reads a submitted or stored judgement; unknown members are ignored. Throws
  /// `LineProblem.wrongType` with the path of a member of the wrong type.
  @_specialize(where Ref == Letter)
  @_specialize(where Ref == ResponseID)
  public init(json: JSONValue) throws(LineProblem) {
    try self.init(json, named: \.member, time: "activeSeconds")
  }

  /// Reads the answers of a row of the `rankings` format.
  init(row: JSONValue) throws(LineProblem) {
    try self.init(row, named: \.column, time: "active_seconds")
  }

  private init(
    _ json: JSONValue, named name: (WellKnownQuestion) -> String, time: String
  ) throws(LineProblem) {
    guard case .object(let members) = json else {
      throw .wrongType(key: "judgement", expected: "an object")
    }
    for known in WellKnownQuestion.allCases {
      guard let member = members[name(known)], member != .null else { continue }
      self[known.rawValue] = try AnswerValue(member, as: known.form, key: name(known))
    }
    if let answers = members["answers"], answers != .null {
      guard case .object(let others) = answers else {
        throw .wrongType(key: "answers", expected: "an object with a member for each question")
      }
      for (question, value) in others where value != .null {
        self[question] = try AnswerValue(value, key: "answers.\(question)")
      }
    }
    if let value = members[time], value != .null {
      guard let seconds = value.doubleValue else {
        throw .wrongType(key: time, expected: "a number")
      }
      activeSeconds = seconds
    }
    if let value = members["decision"], value != .null {
      guard let decision = value.boolValue else {
        throw .wrongType(key: "decision", expected: "true or false")
      }
      isDecision = decision
    }
  }
}
