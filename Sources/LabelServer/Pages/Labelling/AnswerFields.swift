import Labelling
import PreferenceData
import Rendering

/// The name of a question's controls in a page's form.
extension Question {
  func fieldName(_ key: Letter? = nil) -> String {
    let name =
      switch WellKnownQuestion(rawValue: id) {
      case .flags: "flag"
      case .promptFlags: "promptFlag"
      case .strength: "preference"
      case .some: id
      case nil: "answer.\(id)"
      }
    return key.map { "\(name).\($0)" } ?? name
  }
}

/// A question about one answer or about all answers, with its controls.
///
/// Exactly one of `points`, `marks` and `text` is set. Each has a template in `questions/`.
struct AnswerField: Sendable {
  struct Option: Sendable {
    let value: String
    let label: String
    let hint: String?
    let selected: Bool
    var hotkey: String?
  }

  struct Points: Sendable {
    let options: [Option]
    let hotkeys: String?
  }

  struct Marks: Sendable {
    let options: [Option]
    /// A hint for the keys that set the flags; nil if there are none.
    let keysHint: String?
  }

  /// A text that can start from one of the answers.
  struct Copy: Sendable {
    let key: String
    let label: String
  }

  struct Text: Sendable {
    let id: String
    let rows: Int
    let hint: String?
    let hotkey: String?
    let text: String
    let startFrom: String
    let hasCopies: Bool
    let copies: [Copy]
  }

  let question: String
  /// The place of the answer in a judgement, such as `ratings` or `answers.helpfulness`.
  let member: String
  /// The form of the answer: number, text, marks or sides.
  let form: String
  let name: String
  let key: String?
  /// The flag that “both bad” also sets on each answer.
  let raises: String?
  var required: Bool
  /// The question in words that do not depend on the layout, for screen readers.
  let legend: String
  let caption: String
  /// The question's name alone, for messages.
  let questionName: String
  let style: String
  let showsLegend: Bool
  var points: Points?
  var marks: Marks?
  var text: Text?
}

/// The fields of a task's questions, with the answers entered so far.
struct AnswerFields {
  let questions: Questions
  let keys: [Letter]
  let entered: JudgementForm
  let strings: Translations
  /// Returns the key for a command's letter.
  var commandKey: (String) -> String = { $0 }

  /// Returns the questions about one answer.
  func fields(of key: Letter) -> [AnswerField] {
    questions.perResponse.compactMap { field($0, of: key) }
  }

  /// The questions about the prompt or all answers, except those that set the ranking.
  var closing: [AnswerField] {
    questions.list.filter { $0.scope != .response && !$0.setsRanking }
      .compactMap { field($0, of: nil) }
  }

  /// The question which of two answers is better; nil if the task does not ask it.
  var preference: AnswerField? {
    guard let question = questions["strength"], question.isAsked(of: keys.count) else { return nil }
    var made = field(question, of: nil)
    // Its answer sets the ranking too.
    made?.required = question.required || questions["ranking"]?.required == true
    return made
  }

  func name(of question: Question) -> String { strings.name(of: question) }

  private func field(_ question: Question, of key: Letter?) -> AnswerField? {
    let kind = question.kind
    let value = key.map { entered[question.id]?.each?[$0] } ?? entered[question.id]
    let selected = kind.selected(value, in: entered, keys: keys)
    func field(
      _ form: String, style: String = "scale", showsLegend: Bool = false, raises: String? = nil
    ) -> AnswerField {
      AnswerField(
        question: question.id, member: question.member, form: form,
        name: question.fieldName(key), key: key?.rawValue, raises: raises,
        required: question.required, legend: legend(question, key), caption: caption(question),
        questionName: name(of: question), style: style, showsLegend: showsLegend)
    }
    switch kind.control(keys: keys, ties: questions.ranking?.ties ?? true) {
    case .places: return nil
    case .sides(let sides):
      var made = field(
        "sides", style: "strength scale", showsLegend: true, raises: questions.flagOfBothBad)
      var options = options(sides, selected)
      for index in options.indices.prefix(9) { options[index].hotkey = String(index + 1) }
      made.points = .init(options: options, hotkeys: nil)
      return made
    case .points(let points):
      var made = field(kind.numbers == nil ? "text" : "number")
      made.points = .init(
        options: question.id == "confidence" && points.count == 3
          ? options(points, selected, named: "confidence") : options(points, selected),
        hotkeys: Self.digits(of: question).map { keys in
          key == nil ? "q " + keys.joined().replacing("⇧", with: "") : keys.joined()
        })
      return made
    case .marks(let marks):
      var made = field("marks", showsLegend: key == nil)
      var options = options(marks, selected)
      if key != nil {
        let hotkeys = FlagKeys.assigned(to: questions)
        for index in options.indices {
          options[index].hotkey =
            hotkeys.first {
              $0.question == question.id && $0.value == options[index].value
            }?.key
        }
      }
      let hint = strings("labelling", "flagKeys", ["key": commandKey("f").uppercased()])
      made.marks = .init(options: options, keysHint: key == nil ? nil : hint)
      return made
    case .text(let rows):
      var made = field("text", showsLegend: true)
      made.text = text(question, key, rows: rows, selected.first ?? "")
      return made
    }
  }

  /// Returns the keys that answer a question about the selected answer; nil if there are none.
  static func digits(of question: Question) -> [String]? {
    if let numbers = question.kind.numbers {
      let least = max(0, numbers.lowerBound)
      let most = min(9, numbers.upperBound)
      return least <= most ? ["⇧\(least)", "…", "⇧\(most)"] : nil
    }
    guard case .points(let points) = question.kind.control(keys: [], ties: true) else {
      return nil
    }
    return ["⇧1", "…", "⇧\(min(9, points.count))"]
  }

  private func options(
    _ options: [AnswerOption], _ selected: [String], named name: String? = nil
  ) -> [AnswerField.Option] {
    let flags = strings.sections["flags"] ?? [:]
    return options.map { option in
      var label: String
      var hint: String?
      switch option.label {
      case .plain(let text): label = text
      case .flag(let flag):
        label = flags[flag] ?? flag
        hint = flags["\(flag).hint"]
      case .words(let key, let values): label = strings("labelling", key, values)
      }
      if let name { label = strings("labelling", name + option.value) }
      return AnswerField.Option(
        value: option.value, label: label, hint: hint, selected: selected.contains(option.value),
        hotkey: nil)
    }
  }

  // Well-known questions have their own sentences, such as “Rating of answer A, 1 is worst”.
  private func legend(_ question: Question, _ key: Letter?) -> String {
    guard let key else { return name(of: question) }
    if question.title == nil, strings.sections["labelling"]?["\(question.id)Of"] != nil {
      return strings("labelling", "\(question.id)Of", ["key": key.rawValue])
    }
    return strings(
      "labelling", "questionOf", ["question": name(of: question), "key": key.rawValue])
  }

  private func caption(_ question: Question) -> String {
    let name = name(of: question)
    if question.required { return strings("labelling", "required", ["question": name]) }
    return question.kind is TextQuestion
      ? strings("labelling", "optional", ["question": name]) : name
  }

  private func text(
    _ question: Question, _ key: Letter?, rows: Int, _ text: String
  ) -> AnswerField.Text {
    let isDemonstration = question.id == WellKnownQuestion.demonstration.rawValue
    let hint = isDemonstration ? strings("labelling", "demonstrationHint") : nil
    let startFrom = strings("labelling", "startFrom")
    let reason = questions.list.first {
      $0.kind is TextQuestion && $0.scope != .response && $0.id != "demonstration"
    }
    return AnswerField.Text(
      id: question.fieldName(key).replacing(".", with: "-"), rows: isDemonstration ? 3 : rows,
      hint: question.help ?? hint,
      hotkey: isDemonstration ? commandKey("e") : question.id == reason?.id ? "w" : nil,
      text: text, startFrom: startFrom,
      hasCopies: isDemonstration,
      copies: isDemonstration
        ? keys.map { .init(key: $0.rawValue, label: "\(startFrom) \($0)") } : [])
  }
}

extension Question {
  /// Whether the answer is a ranking or sets one.
  var setsRanking: Bool { kind is RankingQuestion || kind is PreferenceQuestion }
}

extension Translations {
  /// Returns the name of a question in the interface.
  func name(of question: Question) -> String {
    if let title = question.title { return title }
    guard WellKnownQuestion(rawValue: question.id) != nil else { return question.id }
    return sections["labelling"]?[question.id] ?? self("settings", "question.\(question.id)")
  }
}
