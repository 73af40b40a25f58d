import PreferenceData

/// Holds a judgement in terms of response ids, as it is stored.
public struct Judgement: Sendable, Hashable {
  public var ranking: [[String]] = []
  public var ratings: [String: Int] = [:]
  public var flags: [String: [String]] = [:]
  public var promptFlags: [String] = []
  public var strength: Int?
  public var confidence: Int?
  public var rationale: String?
  public var demonstration: String?
  public var activeSeconds: Double?

  public init() {}
}

/// Holds what a labeller submits: answers go by the letters in which they were shown.
public struct JudgementForm: Sendable, Hashable {
  public var ranking: [[String]] = []
  public var ratings: [String: Int] = [:]
  public var flags: [String: [String]] = [:]
  public var promptFlags: [String] = []
  public var strength: Int?
  public var confidence: Int?
  public var rationale: String?
  public var demonstration: String?
  public var activeSeconds: Double?

  public init(ranking: [[String]] = []) {
    self.ranking = ranking
  }
}

// MARK: - Letters and ids

extension JudgementForm {
  /// Returns the judgement in response ids; `shown` holds the ids in shown order.
  /// Throws `FormProblem` for a letter that was not shown.
  public func judgement(shown: [String]) throws -> Judgement {
    let ids = Dictionary(uniqueKeysWithValues: zip(BlindOrder.keys(count: shown.count), shown))
    func id(_ key: String, _ field: String) throws -> String {
      guard let id = ids[key] else { throw FormProblem.unknownResponse(field: field, key: key) }
      return id
    }
    var judgement = Judgement()
    // Within a tie the order means nothing: one meaning, one stored form.
    judgement.ranking = try ranking.map { try $0.map { try id($0, "ranking") }.sorted() }
    for (key, rating) in ratings { judgement.ratings[try id(key, "ratings")] = rating }
    for (key, marks) in flags where !marks.isEmpty {
      judgement.flags[try id(key, "flags")] = marks.sorted()
    }
    judgement.promptFlags = promptFlags.sorted()
    judgement.strength = strength
    judgement.confidence = confidence
    judgement.rationale = rationale.flatMap { $0.isEmpty ? nil : $0 }
    judgement.demonstration = demonstration.flatMap { $0.isEmpty ? nil : $0 }
    judgement.activeSeconds = activeSeconds
    return judgement
  }
}

extension Judgement {
  /// Returns the judgement in letters, for the labeller who made it.
  public func form(shown: [String]) -> JudgementForm {
    let keys = Dictionary(uniqueKeysWithValues: zip(shown, BlindOrder.keys(count: shown.count)))
    var form = JudgementForm()
    form.ranking = ranking.map { $0.compactMap { keys[$0] }.sorted() }
    form.ratings = ratings.reduce(into: [:]) { if let key = keys[$1.key] { $0[key] = $1.value } }
    form.flags = flags.reduce(into: [:]) { if let key = keys[$1.key] { $0[key] = $1.value } }
    form.promptFlags = promptFlags
    form.strength = strength
    form.confidence = confidence
    form.rationale = rationale
    form.demonstration = demonstration
    form.activeSeconds = activeSeconds
    return form
  }
}
