/// A row of a dataset of any format: a prompt with answers and a judgement of them.
public struct TrainingRow: Sendable {
  public typealias Answer = PreferenceRecord.Response

  /// The content of a row, which is the same in all rows of a file.
  public enum Content: String, Sendable, Hashable, CaseIterable {
    /// A judgement of the workbench: a line of the format `rankings`.
    case judgement
    /// Answers of which some are better than others.
    case comparison
    /// One answer that is good or bad.
    case label
    /// One answer to imitate.
    case demonstration
    /// A prompt without answers.
    case prompt
    /// Several answers, and no word on which is better.
    case answers

    /// Completes “the row has …”.
    public var words: String {
      switch self {
      case .judgement: "a judgement of the format “rankings”"
      case .comparison: "a better and a worse answer"
      case .label: "one answer with a label, true or false"
      case .demonstration: "one answer"
      case .prompt: "a prompt without answers"
      case .answers: "several answers, none of them preferred"
      }
    }
  }

  /// An answer to imitate, with the prompt that it follows.
  public struct Demonstration: Sendable, Hashable {
    public var prompt: TrainingPrompt
    public var answer: String

    public init(prompt: TrainingPrompt, answer: String) {
      self.prompt = prompt
      self.answer = answer
    }
  }

  public var content: Content
  /// The line or the row of the file, counted from 1.
  public var line: Int
  /// The id of the prompt, if the file has one.
  public var id: String?
  public var prompt: TrainingPrompt
  public var answers: [Answer] = []
  /// Ids of answers, best first; ties share a group. Unranked answers are absent.
  public var ranking: [[String]] = []
  /// Whether the only answer is good, in a row with a label.
  public var isGood: Bool?
  public var demonstrations: [Demonstration] = []
  /// The name of the person who judged; empty if the file names none.
  public var labeller = ""
  /// How much better the first place is, from 0 (about the same) up.
  public var strength: Int?
  public var confidence: Int?
  public var split: Split?

  public init(
    content: Content, line: Int, id: String? = nil, prompt: TrainingPrompt,
    answers: [Answer] = []
  ) {
    self.content = content
    self.line = line
    self.id = id
    self.prompt = prompt
    self.answers = answers
  }

  /// Makes a row of a judgement of the workbench.
  public init(_ record: PreferenceRecord, line: Int) {
    self.init(
      content: .judgement, line: line, id: record.promptID, prompt: .messages(record.prompt),
      answers: record.responses)
    ranking = record.ranking
    if let text = record.demonstration, !text.isEmpty {
      demonstrations = [Demonstration(prompt: prompt, answer: text)]
    }
    labeller = record.labeller
    strength = record.strength
    confidence = record.confidence
    split = record.split
  }

  /// The pairs of the ranking, ties included.
  public var comparisons: [Comparison] { Comparison.pairs(of: ranking) }
}
