import PreferenceData

/// Counts of the rows of a split that were truncated to `maxLength`, and of those that were excluded,
/// by reason.
package struct ExampleCounts {
  /// The reason why a row or an answer is excluded.
  package enum Reason: String, CaseIterable {
    case rowsWithoutAnswer
    case rowsWithoutPreference
    case rowsOfHeldOutLabellers
    case rowsOfNoWeight
    case pairsTied
    case pairsOfSameText
    /// The texts differ but the tokens do not, usually because of truncation.
    case pairsOfSameTokens
    case pairsNotChosen
    case answersInBetween
    case answersOfSameTokens

    /// Completes “left out: 3 …”.
    var words: String {
      switch self {
      case .rowsWithoutAnswer: "rows without an answer to learn from"
      case .rowsWithoutPreference: "rows that prefer nothing"
      case .rowsOfHeldOutLabellers: "rows of held-out labellers"
      case .rowsOfNoWeight: "rows of weight 0"
      case .pairsTied: "tied pairs"
      case .pairsOfSameText: "pairs of the same text"
      case .pairsOfSameTokens: "pairs that are the same within maxLength"
      case .pairsNotChosen: "pairs that the setting “pairs” leaves out"
      case .answersInBetween: "answers neither first nor last"
      case .answersOfSameTokens: "answers that are good and bad ones within maxLength"
      }
    }
  }

  private(set) var prompts = 0
  private(set) var truncatedPrompts = 0
  private(set) var answers = 0
  private(set) var truncatedAnswers = 0
  private(set) var leftOut: [Reason: Int] = [:]

  package init() {}

  package mutating func add(_ fitted: FittedAnswers) {
    addPrompt(isTruncated: fitted.promptLosesStart)
    answers += fitted.answersLoseEnd.count
    truncatedAnswers += fitted.answersLoseEnd.count(where: \.self)
  }

  mutating func addPrompt(isTruncated: Bool) {
    prompts += 1
    truncatedPrompts += isTruncated ? 1 : 0
  }

  package mutating func leaveOut(_ reason: Reason, _ count: Int = 1) {
    if count > 0 { leftOut[reason, default: 0] += count }
  }

  var json: JSONValue {
    [
      "prompts": .integer(prompts), "truncatedPrompts": .integer(truncatedPrompts),
      "answers": .integer(answers), "truncatedAnswers": .integer(truncatedAnswers),
      "leftOut": .object(
        Dictionary(uniqueKeysWithValues: leftOut.map { ($0.rawValue, .integer($1)) })),
    ]
  }

  /// Returns the counts in words; nil if nothing was truncated or excluded.
  package func summary(maxLength: Int) -> String? {
    var parts: [String] = []
    if truncatedPrompts > 0 {
      parts.append("\(truncatedPrompts) of \(prompts) prompts lose their start")
    }
    if truncatedAnswers > 0 {
      parts.append("\(truncatedAnswers) of \(answers) answers lose their end")
    }
    if !parts.isEmpty { parts[parts.count - 1] += " (maxLength \(maxLength))" }
    let reasons = Reason.allCases.compactMap { reason in
      leftOut[reason].map { "\($0) \(reason.words)" }
    }
    if !reasons.isEmpty { parts.append("left out: " + reasons.joined(separator: ", ")) }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// The share of truncated texts above which the run prints a warning.
  private static let warningShare = 0.1

  package func warning(maxLength: Int) -> String? {
    func percent(_ part: Int, of all: Int, _ words: String) -> String? {
      let share = Double(part) / Double(max(all, 1))
      return share > Self.warningShare ? "\(Int((share * 100).rounded())) % of the \(words)" : nil
    }
    let parts = [
      percent(truncatedPrompts, of: prompts, "prompts lose their start"),
      percent(truncatedAnswers, of: answers, "answers lose their end"),
    ].compactMap(\.self)
    guard !parts.isEmpty else { return nil }
    return "Warning: \(parts.joined(separator: " and ")) at maxLength \(maxLength)."
  }
}

/// The counts of both splits of a stage's data.
struct DataCounts {
  var train = ExampleCounts()
  var validation = ExampleCounts()
  /// The limit that texts were truncated to, in tokens.
  let maxLength: Int

  init(maxLength: Int) { self.maxLength = maxLength }

  private var splits: [(name: String, counts: ExampleCounts)] {
    [("train", train), ("validation", validation)]
  }

  /// For `report.json`, under “data”.
  var json: JSONValue {
    .object(
      Dictionary(uniqueKeysWithValues: splits.map { ($0.name, $0.counts.json) })
        .merging(["maxLength": .integer(maxLength)]) { $1 })
  }

  /// Reports truncated and excluded rows on the console.
  func tell(_ progress: ProgressReport) {
    for (name, counts) in splits {
      if let summary = counts.summary(maxLength: maxLength) {
        progress.warn("\(name): \(summary).")
      }
      if let warning = counts.warning(maxLength: maxLength) { progress.warn("\(name): \(warning)") }
    }
  }
}
