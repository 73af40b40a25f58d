/// Gathers the quality of a task's judgements in one pass over its prompts.
///
/// It keeps some ten bytes for each vote on a pair and each set of flags, and nothing of any text.
public struct QualityGathering: Sendable {
  private let questions: Questions
  private var numbers: [String: Int] = [:]
  private var names: [String] = []
  private var labellers: [LabellerTally] = []
  private var agreement: AgreementTally
  private var policies = PolicyTally()
  private var flags: FlagTally
  private var votes = PairVotes()
  private var position = ClusteredShare()
  private var length = ClusteredShare()
  // By shown position: how often the answer there was preferred.
  private var places: [ClusteredShare] = []
  private var prompts = 0
  private var overlappingPrompts = 0

  public init(questions: Questions) {
    self.questions = questions
    agreement = AgreementTally(questions: questions)
    flags = FlagTally(flags: questions.responseFlags)
  }

  public mutating func add(_ prompt: JudgedPrompt) {
    guard !prompt.entries.isEmpty else { return }
    let placed = PlacedPrompt(prompt) { number(of: $0) }
    // What is known already says nothing of policies, and everybody judges it: gold measures
    // labellers against what is known, not against each other.
    if placed.gold != nil {
      for entry in placed.entries { labellers[entry.labeller].addGold(entry, of: placed) }
      return
    }
    prompts += 1
    if placed.entries.count > 1 { overlappingPrompts += 1 }
    for entry in placed.entries { labellers[entry.labeller].add(entry, of: placed) }
    addBias(placed)
    agreement.add(placed)
    policies.add(placed)
    flags.add(placed)
    votes.add(placed)
  }

  private mutating func number(of labeller: String) -> Int {
    if let known = numbers[labeller] { return known }
    numbers[labeller] = names.count
    names.append(labeller)
    labellers.append(LabellerTally())
    return names.count - 1
  }

  // Over the whole dataset a prompt is one observation: its judgements share their answers.
  private mutating func addBias(_ prompt: PlacedPrompt) {
    var sum = PlacedPrompt.Entry.Bias()
    for entry in prompt.entries {
      let bias = entry.bias(prompt.answers)
      sum.positioned += bias.positioned
      sum.earlier += bias.earlier
      sum.measured += bias.measured
      sum.longer += bias.longer
    }
    position.add(sum.earlier, of: sum.positioned)
    length.add(sum.longer, of: sum.measured)
    while places.count < prompt.answers.count { places.append(ClusteredShare()) }
    for place in prompt.answers.indices {
      var preferred = 0.0
      var pairs = 0.0
      for entry in prompt.entries {
        guard let answer = entry.positions.firstIndex(of: place) else { continue }
        for other in prompt.answers.indices where other != answer {
          guard let order = entry.order(answer, other), order != 0 else { continue }
          pairs += 1
          if order > 0 { preferred += 1 }
        }
      }
      places[place].add(preferred, of: pairs)
    }
  }
}

// MARK: - The report

extension QualityGathering {
  /// Computes the report. `regularisation` is the ridge on the policies' strengths.
  public func finish(
    regularisation: Double = PolicyComparison.defaultRegularisation
  ) -> QualityReport {
    var report = QualityReport()
    report.prompts = prompts
    report.judgements = labellers.reduce(0) { $0 + $1.judgements }
    report.overlappingPrompts = overlappingPrompts
    report.questions = agreement.questionAgreements()
    report.pairwise = report.questions.first { $0.question == "ranking" }?.pairwise
    report.policies = policies.comparison(regularisation: regularisation)
    report.positionBias = position.estimate.map { earlier in
      PositionBias(
        earlierPreferred: earlier,
        places: places.enumerated().compactMap { index, share in
          share.estimate.map { .init(position: index + 1, preferred: $0) }
        })
    }
    report.lengthBias = length.estimate.map { LengthBias(longerPreferred: $0) }
    report.speed = labellers.reduce(into: SpeedTally()) { $0 += $1.speed }.check
    report.labellers = labellerQualities()
    report.flags = flags.measure(&report.labellers)
    // labeller-2 before labeller-10.
    report.labellers.sort {
      ($0.labeller.count, $0.labeller) < ($1.labeller.count, $1.labeller)
    }
    return report
  }

  /// Measures the labellers alone, without the flags.
  package func labellerQualities() -> [LabellerQuality] {
    let fit = LabellerReliability.fit(votes, labellers: labellers.count)
    let check = SpamCheck(fit)
    let habits = labellers.reduce(into: HabitTally()) { $0 += $1.habits }
    return labellers.enumerated().map { index, tally in
      var quality = LabellerQuality(labeller: names[index])
      quality.judgements = tally.judgements
      quality.comparedPrompts = tally.moments.count
      quality.agreement = tally.agreement.estimate
      quality.kendallTau = tally.tau.estimate
      quality.reliability = fit.reliability[index]
      quality.gold = tally.gold.estimate
      quality.speed = tally.speed.check
      quality.positionBias = tally.position.estimate
      quality.lengthBias = tally.length.estimate
      quality.drift = Drift(tally.moments)
      quality.spam = check.verdict(
        aboveChance: fit.aboveChance[index], prompts: fit.prompts[index], habits: tally.habits,
        others: habits, speed: quality.speed)
      quality.weight = fit.reliability[index].map {
        quality.spam.isSuspected ? 0 : max(0, 2 * $0.value - 1)
      }
      return quality
    }
  }
}
