/// Gathers the quality of a task's judgements in one pass over its prompts.
public struct QualityGathering: Sendable {
  private let questions: Questions
  private var labellers: [String: Int] = [:]
  private var names: [String] = []
  private var policies = PolicyTally()
  private var report = QualityReport()

  public init(questions: Questions) {
    self.questions = questions
  }

  public mutating func add(_ prompt: JudgedPrompt) {
    guard !prompt.entries.isEmpty else { return }
    let placed = PlacedPrompt(prompt) { index(of: $0) }
    report.prompts += 1
    report.judgements += placed.entries.count
    if placed.entries.count > 1 { report.overlappingPrompts += 1 }
    policies.add(placed, flags: questions.flags?.values ?? [])
  }

  private mutating func index(of labeller: String) -> Int {
    if let known = labellers[labeller] { return known }
    labellers[labeller] = names.count
    names.append(labeller)
    return names.count - 1
  }

  /// Computes the report. `regularisation` is the ridge on the policies' strengths.
  public func finish(
    regularisation: Double = PolicyComparison.defaultRegularisation
  ) -> QualityReport {
    var report = report
    report.policies = policies.comparison(regularisation: regularisation)
    return report
  }
}
