import Foundation
import Foundations
import Labelling
import PreferenceData
import Synchronization

/// What a task's judgements say, in one pass over them.
package struct TaskStatistics: Sendable {
  /// How far labellers agreed on the prompts that were judged last in a span of days.
  package struct Period: Sendable {
    package let start: Date
    package let agreement: Estimate
  }

  package var countedAt: Date
  /// By day, in UTC; days without a judgement are left out.
  package var perDay: [Day: Int] = [:]
  package var periods: [Period] = []
  /// Answers that someone judged, and those of them on which at least one person raised a flag.
  package var answers = 0
  package var flaggedAnswers = 0
  package var agreement: Estimate?
  package var quality = QualityReport()
  package var labellers: [LabellerStatistics] = []
  /// How often each labeller met the known order of a pair.
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

/// Counts judgements prompt by prompt.
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
    for entry in prompt.entries {
      result.perDay[Day(milliseconds: entry.madeAt), default: 0] += 1
      flagged.formUnion(entry.judgement.flaggedResponses)
    }
    result.answers += prompt.answers.count
    result.flaggedAnswers += flagged.count
    timeline.add(prompt)
  }

  func finish() -> TaskStatistics {
    var result = result
    result.quality = gathering.finish()
    result.periods = timeline.periods()
    // The same interval as the plot beside it and each labeller have.
    result.agreement = timeline.whole ?? result.quality.pairwise
    return result
  }
}

/// Agreement by the day on which a prompt was judged last; of a long time, by spans of days.
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
  /// How often each labeller ordered a pair of answers as it is known to be.
  static func byLabeller(_ answers: [GoldAnswer]) -> [PersonID: Estimate] {
    answers.reduce(into: [PersonID: ClusteredShare]()) { shares, answer in
      let tally = Disagreement.tally([answer.expected.order, answer.given.order])
      // A tie where an order is known is a miss.
      shares[answer.labellerID, default: ClusteredShare()]
        .add(Double(tally.alike), of: Double(tally.ordered + tally.halfTied))
    }.compactMapValues(\.estimate)
  }
}
