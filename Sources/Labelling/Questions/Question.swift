import PreferenceData

/// The subject of a question.
public enum QuestionScope: String, Sendable, Hashable, CaseIterable {
  /// The prompt alone.
  case prompt
  /// Each response alone.
  case response
  /// The responses side by side, or the judgement as a whole.
  case comparison
}

/// One question of a task: the properties of every kind of question, and its kind's settings.
public struct Question: Sendable {
  /// The name of the question in task files, judgements and exports.
  public var id: String
  public var kind: any QuestionKind
  public var scope: QuestionScope
  public var required: Bool
  /// The name for labellers. If nil, the name is that of the well-known question, or the id.
  public var title: String?
  /// Instructions for labellers.
  public var help: String?

  public init(
    _ id: String, _ kind: any QuestionKind, scope: QuestionScope? = nil, required: Bool = false,
    title: String? = nil, help: String? = nil
  ) {
    self.id = id
    self.kind = kind
    self.scope =
      scope ?? WellKnownQuestion(rawValue: id)?.scope ?? type(of: kind).scopes.first ?? .comparison
    self.required = required
    self.title = title
    self.help = help
  }

  /// The form of an answer in a judgement.
  public var form: AnswerForm {
    AnswerForm(type(of: kind).unit, isPerResponse: scope == .response)
  }

  /// The place of the answer in a judgement, such as `ratings` or `answers.helpfulness`.
  public var member: String { FormProblem.field(id) }

  /// The longest id, in bytes.
  static let longestID = 40

  /// Returns whether a text can name a question in files, form fields and scripts.
  public static func isID(_ text: String) -> Bool {
    text.utf8.count <= longestID && text.wholeMatch(of: #/[A-Za-z][A-Za-z0-9_\-]*/#) != nil
  }
}

extension Question: Hashable {
  public static func == (left: Question, right: Question) -> Bool { left.json == right.json }
  public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

// MARK: - Checking

extension Question {
  /// Returns whether the question can be asked about this number of responses.
  public func isAsked(of count: Int) -> Bool { kind.isAsked(of: count) }

  /// Checks the answer in a submitted form; throws `FormProblem`.
  func check(_ form: JudgementForm, shown keys: [Letter]) throws(FormProblem) {
    let value = form[id]
    guard isAsked(of: keys.count) else {
      if value == nil || value?.isEmpty == true { return }
      throw .notAsked(field: member)
    }
    guard scope == .response else {
      guard let value, !isBlank(value) else {
        if required { throw .required(field: member) }
        return
      }
      return try kind.check(value, field: member, keys: keys)
    }
    guard let value else {
      if required { throw .missingResponses(field: member, keys: keys.map(\.rawValue)) }
      return
    }
    guard let each = value.each else {
      throw .wrongForm(field: member, expected: "an object with a member for each answer")
    }
    for (key, one) in each.sorted(by: { $0.key < $1.key }) {
      guard keys.contains(key) else {
        throw .unknownResponse(field: member, key: key.rawValue)
      }
      if !one.isEmpty { try kind.check(one, field: member, keys: keys) }
    }
    let missing = keys.filter { each[$0].map(isBlank) ?? true }
    if required, !missing.isEmpty {
      throw .missingResponses(field: member, keys: missing.map(\.rawValue))
    }
  }

  private func isBlank(_ value: AnswerValue<Letter>) -> Bool {
    if required, let text = value.text { return text.allSatisfy(\.isWhitespace) }
    return value.isEmpty
  }

  /// Checks the answer in an imported record: its form, and its numbers against the scale.
  public func check(_ judgement: Judgement) throws(LineProblem) {
    guard let value = judgement[id] else { return }
    guard form.fits(value) || kind.isSpecial(value) else {
      throw .wrongType(
        key: member,
        expected: form.unit.description + (form.isPerResponse ? " for each answer" : ""))
    }
    guard let range = kind.numbers else { return }
    for number in value.each?.values.compactMap(\.number) ?? [value.number].compactMap(\.self) {
      if !range.contains(number) {
        throw .inconsistent(
          key: member, reason: "is \(number); give \(range.lowerBound) to \(range.upperBound)")
      }
    }
  }
}

// MARK: - Reading and writing

extension Question {
  private static let commonKeys: Set = ["id", "kind", "scope", "required", "title", "help"]

  /// Reads one question of a task file; throws `LabellingError.badTask`.
  init(_ fields: TaskFields) throws {
    guard let id = try fields.text("id") else { throw fields.error("id", "is missing") }
    guard Self.isID(id) else {
      throw fields.error(
        "id", "must be 1 to \(Self.longestID) letters, digits, “-” and “_”, a letter first")
    }
    let known = WellKnownQuestion(rawValue: id)
    let name = try fields.text("kind") ?? known?.kind.name
    guard let name, let kind = QuestionKinds.named(name) else {
      throw fields.error("kind", "must be one of \(QuestionKinds.names.joined(separator: ", "))")
    }
    let scope = try Self.scope(fields, known?.scope, of: kind)
    if let known, known.kind != kind || known.form.isPerResponse != (scope == .response) {
      throw fields.error(
        "id",
        "“\(id)” is a question of kind \(known.kind.name) and scope \(known.scope.rawValue); "
          + "choose another id")
    }
    if kind.onlyID != nil, kind.onlyID != id {
      throw fields.error(
        "id", "must be “\(kind.onlyID ?? "")”: a task has one question of kind \(name)")
    }
    let title = try fields.text("title")
    self.init(
      id, try kind.init(fields), scope: scope,
      required: try fields.bool("required") ?? kind.isUsuallyRequired,
      title: title?.isEmpty == true ? nil : title, help: try fields.text("help"))
    try fields.refuseUnknown(Self.commonKeys.union(kind.keys))
  }

  private static func scope(
    _ fields: TaskFields, _ usual: QuestionScope?, of kind: any QuestionKind.Type
  ) throws -> QuestionScope {
    guard let name = try fields.text("scope") else { return usual ?? kind.scopes[0] }
    guard let scope = QuestionScope(rawValue: name), kind.scopes.contains(scope) else {
      let known = kind.scopes.map(\.rawValue).joined(separator: " or ")
      throw fields.error("scope", "must be \(known)")
    }
    return scope
  }

  /// The question as an item of a task file's list.
  public var json: JSONValue {
    var members = kind.settings
    members["id"] = .string(id)
    members["kind"] = .string(type(of: kind).name)
    members["scope"] = .string(scope.rawValue)
    members["required"] = .bool(required)
    members["title"] = title.map { .string($0) }
    members["help"] = help.map { .string($0) }
    return .object(members)
  }
}

extension WellKnownQuestion {
  /// The question's kind.
  var kind: any QuestionKind.Type {
    switch self {
    case .ranking: RankingQuestion.self
    case .strength: PreferenceQuestion.self
    case .rating, .confidence: ScaleQuestion.self
    case .flags, .promptFlags: FlagsQuestion.self
    case .rationale, .demonstration: TextQuestion.self
    }
  }

  var scope: QuestionScope {
    switch self {
    case .ranking, .strength, .confidence, .rationale: .comparison
    case .rating, .flags: .response
    case .promptFlags, .demonstration: .prompt
    }
  }
}
