import Foundation
import Foundations
import Labelling
import PreferenceData
import Synchronization

/// The statistics of a task's judgements, computed in one pass over them.
package struct TaskStatistics: Sendable {
  /// The agreement on the prompts with their last judgement in a span of days.
  package struct Period: Sendable {
    package let start: Date
    package let agreement: Estimate
  }

  package var countedAt: Date
  /// The number of judgements by day, in UTC. Days without a judgement are left out.
  package var perDay: [Day: Int] = [:]
  package var periods: [Period] = []
  /// The number of judged answers, and of those on which at least one labeller set a flag.
  package var answers = 0
  package var flaggedAnswers = 0
  package var agreement: Estimate?
  package var quality = QualityReport()
  package var labellers: [LabellerStatistics] = []
  /// The share of pairs that each labeller ordered as the gold ranking does.
  package var gold: [PersonID: Estimate] = [:]

  package var flaggedShare: Double? {
    answers == 0 ? nil : Double(flaggedAnswers) / Double(answers)
  }

  package static func count(
    _ task: LabelTask, in store: LabelStore, at now: Date
  ) async throws -> TaskStatistics {
    let counter = Mutex(JudgementCounter(task.definition.questions, at: now))
    try await store.forEachJudgedPrompt(of: task.id) { prompt in
      counter.withLock { $0.count(prompt) }
    }
    var statistics = counter.withLock { $0.finish() }
    statistics.labellers = try await store.labellers(of: task.id)
    statistics.gold = GoldAccuracy.byLabeller(try await store.goldAnswers(of: task.id))
    return statistics
  }
}

/// A counter of judgements, prompt by prompt.
private struct JudgementCounter {
  private var result: TaskStatistics
  private var gathering: QualityGathering
  private var timeline = AgreementTimeline()

  init(_ questions: Questions, at now: Date) {
    result = TaskStatistics(countedAt: now)
    gathering = QualityGathering(questions: questions)
  }

  mutating func count(_ prompt: JudgedPrompt) {
    gathering.add(prompt)
    var flagged: Set<ResponseID> = []
    for entry in prompt.entries where !entry.isExternal {
      result.perDay[Day(milliseconds: entry.madeAt), default: 0] += 1
    }
    for entry in prompt.entries { flagged.formUnion(entry.judgement.flaggedResponses) }
    result.answers += prompt.answers.count
    result.flaggedAnswers += flagged.count
    timeline.add(prompt)
  }

  func finish() -> TaskStatistics {
    var result = result
    result.quality = gathering.finish()
    result.periods = timeline.periods()
    // The interval has the same method as the plot beside it and as each labeller's.
    result.agreement = timeline.whole ?? result.quality.pairwise
    return result
  }
}

/// Agreement by the day of a prompt's last judgement, in spans of days for a long time.
struct AgreementTimeline {
  static let longest = 30
  private var days: [Day: ClusteredShare] = [:]

  mutating func add(_ prompt: JudgedPrompt) {
    guard prompt.entries.count > 1, let last = prompt.entries.map(\.madeAt).max() else { return }
    let tally = Disagreement.tally(prompt.entries.map(\.judgement.order))
    days[Day(milliseconds: last), default: ClusteredShare()]
      .add(Double(tally.alike), of: Double(tally.ordered))
  }

  var whole: Estimate? { sum(days.keys) }

  func periods() -> [TaskStatistics.Period] {
    guard let first = days.keys.min(), let last = days.keys.max() else { return [] }
    let span = first.distance(to: last) / Self.longest + 1
    return Dictionary(grouping: days.keys) { first.distance(to: $0) / span }
      .sorted { $0.key < $1.key }.compactMap { period, members in
        sum(members).map { .init(start: first.advanced(by: period * span).start, agreement: $0) }
      }
  }

  private func sum(_ members: some Sequence<Day>) -> Estimate? {
    members.reduce(into: ClusteredShare()) { sum, day in
      if let share = days[day] { sum += share }
    }.estimate
  }
}

enum GoldAccuracy {
  /// Returns the share of pairs that each labeller ordered as the gold ranking does.
  static func byLabeller(_ answers: [GoldAnswer]) -> [PersonID: Estimate] {
    answers.reduce(into: [PersonID: ClusteredShare]()) { shares, answer in
      let tally = Disagreement.tally([answer.expected.order, answer.given.order])
      // A tie is a miss if the gold ranking has an order.
      shares[answer.labellerID, default: ClusteredShare()]
        .add(Double(tally.alike), of: Double(tally.ordered + tally.halfTied))
    }.compactMapValues(\.estimate)
  }
}
