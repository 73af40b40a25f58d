import Foundation
import LabelStore
import Labelling
import PreferenceData

/// What a task's judgements say, in one pass over them.
struct TaskStatistics: Sendable {
  struct Recent: Sendable {
    let prompt: String
    let labeller: String
    let ranking: [[String]]
    let flags: [String]
    let rationale: String?
    let createdAt: String
  }

  struct Source: Sendable {
    var name: String
    var answers = 0
    var flags: [String: Int] = [:]
    var won = 0
    var lost = 0
  }

  static let recentLimit = 200

  var perDay: [(day: String, count: Int)] = []
  var sources: [Source] = []
  var answers = 0
  var flaggedAnswers = 0
  var judgementsPerPrompt: [Int: Int] = [:]
  var recent: [Recent] = []
  var agreement: Estimate?

  var flaggedShare: Double? {
    answers == 0 ? nil : Double(flaggedAnswers) / Double(answers)
  }
}

/// Gathers statistics; keeps those of a task until something happens in the store.
actor StatisticsDesk {
  private let store: LabelStore
  private var kept: [TaskID: (head: String, statistics: TaskStatistics)] = [:]

  init(store: LabelStore) {
    self.store = store
  }

  func of(_ task: LabelTask) async throws -> TaskStatistics {
    let head = try await store.eventLogHead()
    if let known = kept[task.id], known.head == head { return known.statistics }
    let counter = JudgementCounter()
    try await store.forEachJudgement(of: task.id) { counter.count($0) }
    var statistics = counter.statistics()
    statistics.agreement = try await store.agreement(of: task.id)
    kept[task.id] = (head, statistics)
    return statistics
  }
}

/// Counts judgements one by one. Only the store's reader thread touches it while it counts.
private final class JudgementCounter: @unchecked Sendable {
  private var result = TaskStatistics()
  private var perDay: [String: Int] = [:]
  private var sources: [String: TaskStatistics.Source] = [:]
  private var perPrompt: [String: Int] = [:]

  func count(_ record: PreferenceRecord) {
    perDay[String(record.createdAt.prefix(10)), default: 0] += 1
    perPrompt[record.promptID, default: 0] += 1
    let names = Dictionary(
      record.responses.map { ($0.id, $0.source ?? "–") }, uniquingKeysWith: { first, _ in first })
    for response in record.responses {
      let flags = record.flags[response.id] ?? []
      result.answers += 1
      result.flaggedAnswers += flags.isEmpty ? 0 : 1
      let name = response.source ?? "–"
      sources[name, default: .init(name: name)].answers += 1
      for flag in flags { sources[name]?.flags[flag, default: 0] += 1 }
    }
    for comparison in record.comparisons where !comparison.isTie {
      guard let winner = names[comparison.chosen], let loser = names[comparison.rejected],
        winner != loser
      else { continue }
      sources[winner]?.won += 1
      sources[loser]?.lost += 1
    }
    keep(record)
  }

  private func keep(_ record: PreferenceRecord) {
    let letters = Dictionary(
      zip(record.shownOrder, BlindOrder.keys(count: record.shownOrder.count)),
      uniquingKeysWith: { first, _ in first })
    result.recent.append(
      .init(
        prompt: record.prompt.last?.content ?? "", labeller: record.labeller,
        ranking: record.ranking.map { $0.compactMap { letters[$0] }.sorted() },
        flags: Set(record.flags.values.joined()).sorted(), rationale: record.rationale,
        createdAt: record.createdAt))
    if result.recent.count > TaskStatistics.recentLimit * 2 { dropOlder() }
  }

  private func dropOlder() {
    result.recent.sort { $0.createdAt > $1.createdAt }
    result.recent.removeLast(max(0, result.recent.count - TaskStatistics.recentLimit))
  }

  func statistics() -> TaskStatistics {
    dropOlder()
    result.perDay = perDay.sorted { $0.key < $1.key }.map { (day: $0.key, count: $0.value) }
    result.sources = sources.values.sorted { $0.name < $1.name }
    result.judgementsPerPrompt = perPrompt.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    return result
  }
}
