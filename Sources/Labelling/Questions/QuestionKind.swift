import PreferenceData

/// A kind of question: its settings, and everything that depends on them.
///
/// Task files, forms, pages, checks, statistics, simulation and the API description loop over a
/// task's questions and use their kinds. To add a kind, add a type here and a line in
/// `QuestionKinds.all`.
public protocol QuestionKind: Sendable {
  /// The name in task files.
  static var name: String { get }
  /// The scopes that the kind allows, the usual one first.
  static var scopes: [QuestionScope] { get }
  /// The form of one answer.
  static var unit: AnswerForm.Unit { get }
  /// The names of the settings in task files.
  static var keys: Set<String> { get }
  /// The only id of a kind that a task can ask once; nil for any number of questions.
  static var onlyID: String? { get }
  static var isUsuallyRequired: Bool { get }

  /// Reads the settings; throws `LabellingError.badTask`.
  init(_ fields: TaskFields) throws
  /// The settings as in a task file.
  var settings: [String: JSONValue] { get }
  /// The form fields that edit the settings in the browser.
  var editor: [SettingField] { get }

  func isAsked(of responses: Int) -> Bool
  /// Checks one answer that is not empty; throws `FormProblem`.
  func check(
    _ value: AnswerValue<Letter>, field: String, keys: [Letter]) throws(FormProblem)
  /// The numbers that answer the question; nil for other answers.
  var numbers: ClosedRange<Int>? { get }
  /// Whether a value answers the question although its form is not `unit`.
  func isSpecial(_ value: AnswerValue<ResponseID>) -> Bool

  /// Returns the controls for an answer. `ties` is whether responses can share a place.
  func control(keys: [Letter], ties: Bool) -> AnswerControl
  /// Reads the values that a form sends; throws `FormProblem`.
  func answer(from texts: [String], field: String) throws(FormProblem) -> AnswerValue<Letter>?
  /// Returns the values of the controls that show an answer.
  func selected(
    _ value: AnswerValue<Letter>?, in form: JudgementForm, keys: [Letter]
  ) -> [String]
  /// Adds an answer to a form.
  func enter(
    _ value: AnswerValue<Letter>, as id: String, into form: inout JudgementForm, keys: [Letter])

  /// The values whose agreement is measured.
  var measures: [AgreementMeasure] { get }
  /// Returns a simulated labeller's answer. `worth` is 1 for the best response, 0 for the worst.
  func simulated(worth: Double) -> AnswerValue<Letter>?
  /// The JSON Schema of one answer.
  var schema: JSONValue { get }
}

extension QuestionKind {
  /// Reads the settings among the members of an item of a list; throws
  /// `LabellingError.badTask`.
  public init(settings: [String: JSONValue]) throws {
    try self.init(TaskFields(path: "", members: settings))
  }

  public static var onlyID: String? { nil }
  public static var isUsuallyRequired: Bool { false }
  public func isAsked(of responses: Int) -> Bool { true }
  public var numbers: ClosedRange<Int>? { nil }
  public func isSpecial(_ value: AnswerValue<ResponseID>) -> Bool { false }
  public var measures: [AgreementMeasure] { [] }
  public func simulated(worth: Double) -> AnswerValue<Letter>? { nil }

  public func selected(
    _ value: AnswerValue<Letter>?, in form: JudgementForm, keys: [Letter]
  ) -> [String] {
    switch value {
    case .number(let number): [String(number)]
    case .text(let text): [text]
    case .marks(let marks): marks
    default: []
    }
  }

  public func enter(
    _ value: AnswerValue<Letter>, as id: String, into form: inout JudgementForm, keys: [Letter]
  ) {
    form[id] = value
  }
}

/// The kinds of questions that a task can ask.
public enum QuestionKinds {
  public static let all: [any QuestionKind.Type] = [
    RankingQuestion.self, PreferenceQuestion.self, ScaleQuestion.self, FlagsQuestion.self,
    ChoiceQuestion.self, TextQuestion.self,
  ]

  public static var names: [String] { all.map { $0.name } }

  public static func named(_ name: String) -> (any QuestionKind.Type)? {
    all.first { $0.name == name }
  }
}

/// The controls for the answer to a question.
public enum AnswerControl: Sendable, Hashable {
  /// A place for each response.
  case places
  /// One of several points.
  case points([AnswerOption])
  /// One of several points between the first response and the second.
  case sides([AnswerOption])
  /// Any of several marks.
  case marks([AnswerOption])
  case text(rows: Int)
}

/// A point, a mark or an option in a control.
public struct AnswerOption: Sendable, Hashable {
  public enum Label: Sendable, Hashable {
    /// Text of the task, or a number.
    case plain(String)
    /// A flag. Well-known flags have names in every language.
    case flag(String)
    /// A sentence of the labelling page.
    case words(String, [String: String] = [:])
  }

  public var value: String
  public var label: Label

  public init(_ value: String, _ label: Label) {
    self.value = value
    self.label = label
  }
}

/// A field of the settings page for one setting of a question.
public struct SettingField: Sendable, Hashable {
  public enum Input: Sendable, Hashable {
    case number(Int, in: ClosedRange<Int>)
    case check(Bool)
    /// Texts, one per line. Each of `presets` is the name of a complete list.
    case lines([String], presets: [String] = [])
  }

  /// The name in task files.
  public var key: String
  public var input: Input

  public init(_ key: String, _ input: Input) {
    self.key = key
    self.input = input
  }
}

/// A measured part of an answer: its value, or one of several flags.
public struct AgreementMeasure: Sendable {
  /// The level of measurement, which decides the measures of agreement that apply.
  public enum Level: Sendable, Hashable, Comparable {
    case nominal, ordinal, interval
  }

  /// The text after the question's id in reports; empty for the answer itself.
  public var suffix: String
  public var scale: [Double]
  public var level: Level
  /// Returns the index of an answer in the scale; nil leaves the answer out.
  public var index: @Sendable (AnswerValue<ResponseID>?) -> Int?

  public init(
    suffix: String = "", scale: [Double], level: Level,
    index: @escaping @Sendable (AnswerValue<ResponseID>?) -> Int?
  ) {
    self.suffix = suffix
    self.scale = scale
    self.level = level
    self.index = index
  }
}
