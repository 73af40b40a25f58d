import Foundations

/// Adds up how far labellers agree on each question.
struct AgreementTally: Sendable {
  // Of a ranking: pairs that two labellers order, and tau-b between labellers.
  private struct Ranking: Sendable {
    var alike = 0.0
    var pairs = 0.0
    var tau = 0.0
    var taus = 0.0

    mutating func add(_ other: Ranking, times weight: Double) {
      alike += weight * other.alike
      pairs += weight * other.pairs
      tau += weight * other.tau
      taus += weight * other.taus
    }
  }

  private let questions: Questions
  private var rankings: [Ranking] = []
  private var tables: [String: [CoincidenceTable]] = [:]
  private var prompts = 0

  // Mean ranks of up to nine answers, by halves.
  private static let places = (2...18).map { Double($0) / 2 }

  init(questions: Questions) {
    self.questions = questions
  }

  mutating func add(_ prompt: PlacedPrompt) {
    guard prompt.entries.count >= 2 else { return }
    let block = prompts % Bootstrap.mostBlocks
    prompts += 1
    if questions.ranking != nil { addRanking(prompt, block) }
    if let preference = questions.preference { addPreference(prompt, preference.most, block) }
    for question in questions.list {
      for measure in question.kind.measures { add(prompt, question, measure, block) }
    }
  }

  private mutating func add(
    _ prompt: PlacedPrompt, _ question: Question, _ measure: AgreementMeasure, _ block: Int
  ) {
    let key = question.id + measure.suffix
    guard question.scope == .response else {
      let unit = prompt.entries.compactMap { measure.index($0.judgement[question.id]) }
      return add(unit, to: key, scale: measure.scale, block)
    }
    for answer in prompt.answers.indices {
      let unit = prompt.entries.compactMap { measure.index($0.answer(question.id, about: answer)) }
      add(unit, to: key, scale: measure.scale, block)
    }
  }

  private mutating func add(_ unit: [Int], to key: String, scale: [Double], _ block: Int) {
    var blocks = tables[key] ?? []
    tables[key] = nil
    while blocks.count <= block { blocks.append(CoincidenceTable(scale: scale)) }
    blocks[block].add(unit)
    tables[key] = blocks
  }

  private mutating func addRanking(_ prompt: PlacedPrompt, _ block: Int) {
    while rankings.count <= block { rankings.append(Ranking()) }
    for first in prompt.answers.indices {
      for second in prompt.answers.indices.dropFirst(first + 1) {
        let orders = prompt.entries.compactMap { $0.order(first, second) }
        add(orders.map { 1 - $0 }, to: "ranking", scale: [0, 1, 2], block)
        let before = Double(orders.count { $0 == 1 })
        let after = Double(orders.count { $0 == -1 })
        let pairs = (before + after) * (before + after - 1) / 2
        rankings[block].pairs += pairs
        rankings[block].alike += pairs - before * after
      }
    }
    for (index, entry) in prompt.entries.enumerated() {
      for other in prompt.entries.dropFirst(index + 1) {
        guard let tau = KendallTau.b(entry, other) else { continue }
        rankings[block].tau += tau
        rankings[block].taus += 1
      }
    }
    let ranks = prompt.entries.map(\.doubledRanks)
    for answer in prompt.answers.indices {
      let unit = ranks.compactMap { $0[answer].map { $0 - 2 } }
      add(unit, to: "places", scale: Self.places, block)
    }
  }

  // Signed by which of the two answers is preferred, as the pair is stored.
  private mutating func addPreference(
    _ prompt: PlacedPrompt, _ scale: Int, _ block: Int
  ) {
    guard prompt.answers.count == 2 else { return }
    let unit = prompt.entries.compactMap { entry -> Int? in
      guard let strength = entry.judgement.strength, let order = entry.order(0, 1) else {
        return nil
      }
      return scale + order * min(max(strength, 0), scale)
    }
    add(unit, to: "strength", scale: (-scale...scale).map(Double.init), block)
  }
}

// MARK: - Measuring

extension AgreementTally {
  private var rankingMeasures: (pairwise: Estimate?, tau: Estimate?) {
    func sum(_ weights: [Double]?) -> Ranking {
      var sum = Ranking()
      for (index, ranking) in rankings.enumerated() {
        sum.add(ranking, times: weights?[index] ?? 1)
      }
      return sum
    }
    func values(_ sum: Ranking) -> [Double?] {
      [
        sum.pairs > 0 ? sum.alike / sum.pairs : nil, sum.taus > 0 ? sum.tau / sum.taus : nil,
      ]
    }
    guard !rankings.isEmpty else { return (nil, nil) }
    let whole = sum(nil)
    let intervals = Bootstrap.intervals(blocks: rankings.count, cost: 4) { values(sum($0)) }
    let found = values(whole)
    return (
      Estimate(found[0], intervals[0], count: whole.pairs),
      Estimate(found[1], intervals[1], count: whole.taus)
    )
  }

  /// One entry for each question that two labellers answered about the same thing.
  func questionAgreements() -> [QuestionAgreement] {
    var levels: [(key: String, level: AgreementMeasure.Level)] = []
    if questions.ranking != nil { levels.append(("ranking", .interval)) }
    if questions.preference != nil { levels.append(("strength", .interval)) }
    for question in questions.list {
      levels += question.kind.measures.map { (question.id + $0.suffix, $0.level) }
    }
    return levels.compactMap { key, level in
      guard let blocks = tables[key], var found = Self.measure(key, blocks) else { return nil }
      if key == "ranking" {
        let ranking = rankingMeasures
        found.pairwise = ranking.pairwise
        found.kendallTau = ranking.tau
        let places = tables["places"].flatMap { Self.measure("places", $0) }
        found.alphaOrdinal = places?.alphaOrdinal
        found.alphaInterval = places?.alphaInterval
      } else {
        // Of two values alone, all three alphas are one.
        if level < .ordinal { found.alphaOrdinal = nil }
        if level < .interval { found.alphaInterval = nil }
      }
      return found
    }
  }

  private static func measure(_ key: String, _ all: [CoincidenceTable]) -> QuestionAgreement? {
    var sparse = CoincidenceTable(scale: all[0].scale)
    for block in all { sparse.add(block, times: 1) }
    // What nobody said costs time in every resample and changes nothing.
    let used = sparse.used
    let blocks = all.map { $0.keeping(used) }
    func sum(_ weights: [Double]?) -> CoincidenceTable {
      var sum = CoincidenceTable(scale: blocks[0].scale)
      for (index, block) in blocks.enumerated() { sum.add(block, times: weights?[index] ?? 1) }
      return sum
    }
    func values(_ table: CoincidenceTable) -> [Double?] {
      [
        table.pairwise, table.alpha(.nominal), table.alpha(.ordinal), table.alpha(.interval),
        table.fleissKappa,
      ]
    }
    guard blocks.contains(where: { $0.units > 0 }) else { return nil }
    let whole = sum(nil)
    let size = whole.scale.count
    let intervals = Bootstrap.intervals(blocks: blocks.count, cost: size * size) {
      values(sum($0))
    }
    let found = zip(values(whole), intervals).map { Estimate($0, $1, count: whole.units) }
    var agreement = QuestionAgreement(question: key, units: Int(whole.units))
    agreement.pairwise = found[0]?.counting(Int(whole.pairs))
    agreement.alphaNominal = found[1]
    agreement.alphaOrdinal = found[2]
    agreement.alphaInterval = found[3]
    agreement.fleissKappa = found[4]
    return agreement
  }
}

extension PlacedPrompt.Entry {
  /// By answer: twice its rank from 1, ties sharing their mean; nil where it has no place.
  package var doubledRanks: [Int?] {
    places.map { place in
      place.map { place in
        let before = places.count { $0.map { $0 < place } ?? false }
        let equal = places.count { $0 == place }
        return 2 * before + equal + 1
      }
    }
  }
}
