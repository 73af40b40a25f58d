import PreferenceData

/// Names what can be asked, in the order in which the page asks it.
public enum Question: String, Sendable, Hashable, CaseIterable {
  case ranking, strength, rating, flags, confidence, promptFlags, rationale, demonstration
}

/// Holds what a task asks about a prompt and its answers; nil means "not asked".
public struct Questions: Sendable, Hashable {
  /// Asks for answers from best to worst.
  public struct Ranking: Sendable, Hashable {
    public var required = true
    public var ties = true
    /// Whether answers may be left unranked.
    public var partial = false
    public var help: String?

    public init(required: Bool = true, ties: Bool = true, partial: Bool = false) {
      self.required = required
      self.ties = ties
      self.partial = partial
    }
  }

  /// Asks for a number on a scale.
  public struct Scale: Sendable, Hashable {
    public var required = false
    public var scale: Int
    public var help: String?

    public init(required: Bool = false, scale: Int) {
      self.required = required
      self.scale = scale
    }
  }

  /// Asks which of some marks apply.
  public struct Flags: Sendable, Hashable {
    /// The longest flag, in UTF-8 bytes.
    public static let longest = 60
    /// As many as a page can show for each answer.
    public static let most = 100

    public var values: [String]
    public var help: String?

    public init(_ values: [String]) {
      self.values = values
    }
  }

  /// Asks for free text.
  public struct Text: Sendable, Hashable {
    public var required = false
    public var help: String?

    public init(required: Bool = false) {
      self.required = required
    }
  }

  public var ranking: Ranking?
  /// For two answers, how much better the first place is: 0 (about the same) … scale.
  public var strength: Scale?
  /// For each answer, 1 … scale.
  public var rating: Scale?
  /// For each answer.
  public var flags: Flags?
  public var promptFlags: Flags?
  /// 1 … scale.
  public var confidence: Scale?
  public var rationale: Text?
  /// Asks the labeller to write the ideal answer.
  public var demonstration: Text?
  /// Which come first on the page; the rest follow in the order of `Question.allCases`.
  public var order: [Question] = []

  public init() {}

  /// Every question, in this task's order.
  public var inOrder: [Question] { order + Question.allCases.filter { !order.contains($0) } }

  /// How long the scales of the questions may be.
  public static let strengthScales = 1...9
  public static let ratingScales = 2...100
  public static let confidenceScales = 2...10

  /// The four ways in which an answer can be misaligned.
  public static let misalignmentFlags = ["unhelpful", "fabricated", "uninterpretable", "harmful"]

  /// A ranking with ties and the four flags.
  public static let standard: Questions = {
    var questions = Questions()
    questions.ranking = Ranking()
    questions.flags = Flags(misalignmentFlags)
    return questions
  }()
}
