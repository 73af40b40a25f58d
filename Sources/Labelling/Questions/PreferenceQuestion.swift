import PreferenceData

/// Asks which of two responses is better, and by how much.
///
/// Its answer sets the ranking too: what is better is in `ranking`, by how much in `strength`.
public struct PreferenceQuestion: QuestionKind {
  public static let name = "preference"
  public static let scopes: [QuestionScope] = [.comparison]
  public static let unit = AnswerForm.Unit.number
  public static let keys: Set = ["most", "bothBad"]
  // A record has one ranking, and this question sets it.
  public static let onlyID: String? = "strength"
  static let sizes = 1...9

  /// How much better a response can be.
  public var most: Int
  /// Whether “both bad” is an answer: a tie of two responses that are not good.
  public var bothBad: Bool

  public init(most: Int = 3, bothBad: Bool = true) {
    self.most = most
    self.bothBad = bothBad
  }

  public init(_ fields: TaskFields) throws {
    most = try fields.integer("most", in: Self.sizes) ?? 3
    bothBad = try fields.bool("bothBad") ?? true
  }

  public var settings: [String: JSONValue] {
    ["most": .integer(most), "bothBad": .bool(bothBad)]
  }

  public var editor: [SettingField] {
    [
      SettingField("most", .number(most, in: Self.sizes)),
      SettingField("bothBad", .check(bothBad)),
    ]
  }

  public func isAsked(of responses: Int) -> Bool { responses == 2 }

  public var numbers: ClosedRange<Int>? { 0...most }

  public func isSpecial(_ value: AnswerValue<ResponseID>) -> Bool { value == .bothBad }

  public func check(
    _ value: AnswerValue<Letter>, field: String, keys: [Letter]
  ) throws(FormProblem) {
    if let text = value.text {
      if value == .bothBad, bothBad { return }
      throw .unknownOption(field: field, option: text)
    }
    guard let number = value.number else {
      throw .wrongForm(field: field, expected: Self.unit.description)
    }
    guard (0...most).contains(number) else {
      throw .outOfRange(field: field, value: number, allowed: 0...most)
    }
  }

  // MARK: The form: below zero the first response is better, above zero the second

  public func control(keys: [Letter], ties: Bool) -> AnswerControl {
    guard keys.count == 2 else { return .sides([]) }
    var options = (-most...most).filter { $0 != 0 || ties }.map { value in
      AnswerOption(String(value), label(value, keys))
    }
    if ties, bothBad { options.append(AnswerOption("bothBad", .words("strengthBothBad"))) }
    return .sides(options)
  }

  private func label(_ value: Int, _ keys: [Letter]) -> AnswerOption.Label {
    guard value != 0 else { return .words("strengthSame") }
    let key = (value < 0 ? keys[0] : keys[1]).rawValue
    let size = abs(value)
    if most > 3, size > 1, size < most {
      return .words("strengthBy", ["key": key, "n": String(size)])
    }
    let degree =
      size == most && most > 1
      ? "strengthMuch" : size == 1 && most > 1 ? "strengthSlight" : "strengthBetter"
    return .words(degree, ["key": key])
  }

  public func answer(
    from texts: [String], field: String
  ) throws(FormProblem) -> AnswerValue<Letter>? {
    guard let text = texts.first(where: { !$0.isEmpty }) else { return nil }
    if text == "bothBad" { return .bothBad }
    guard let number = Int(text) else { throw .notWhole(field: field, text: text) }
    return .number(number)
  }

  public func enter(
    _ value: AnswerValue<Letter>, as id: String, into form: inout JudgementForm, keys: [Letter]
  ) {
    guard keys.count == 2 else { return form[id] = value }
    let side = value.number ?? 0
    form.ranking =
      side == 0 ? [keys] : side < 0 ? [[keys[0]], [keys[1]]] : [[keys[1]], [keys[0]]]
    form[id] = value.number.map { .number(Int(clamping: $0.magnitude)) } ?? value
  }

  public func selected(
    _ value: AnswerValue<Letter>?, in form: JudgementForm, keys: [Letter]
  ) -> [String] {
    guard let value, let best = form.ranking.first else { return [] }
    if value == .bothBad || (bothBad && Self.saidByFlags(form, keys)) { return ["bothBad"] }
    guard let strength = value.number, (0...Self.sizes.upperBound).contains(strength) else {
      return []
    }
    if best.count > 1 { return ["0"] }
    return [String(best.first == keys.first ? -strength : strength)]
  }

  /// The flag that “both bad” raises on both responses where the task has it, so that reports and
  /// trainers that know only flags see the answer.
  public static let flag = "unhelpful"

  // How “both bad” was stored before it was an answer of this question.
  private static func saidByFlags(_ form: JudgementForm, _ keys: [Letter]) -> Bool {
    form.strength == 0 && form.ranking.first?.count == keys.count
      && keys.allSatisfy { form.flags[$0]?.contains(flag) ?? false }
  }

  public func simulated(worth: Double) -> AnswerValue<Letter>? {
    .number(Int((worth * Double(most)).rounded()))
  }

  public var schema: JSONValue {
    [
      "oneOf": [
        ["type": "integer", "minimum": 0, "maximum": .integer(most)], ["const": "bothBad"],
      ]
    ]
  }
}

extension Question {
  public static func preference(
    most: Int = 3, required: Bool = false, bothBad: Bool = true, help: String? = nil
  ) -> Question {
    Question(
      "strength", PreferenceQuestion(most: most, bothBad: bothBad), required: required,
      help: help)
  }
}
