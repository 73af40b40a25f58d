import Foundation
import Foundations
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Synchronization

/// A store in a folder of its own, with a clock that the test moves.
final class Workshop: Sendable {
  let store: LabelStore
  let folder: String
  private let clock = Clock()

  init() throws {
    let folder = NSTemporaryDirectory() + "plumbline-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    self.folder = folder
    store = try LabelStore.open(path: folder + "/plumbline.sqlite") { [clock] in clock.now }
  }

  deinit {
    try? store.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  func pass(seconds: Double) { clock.pass(seconds) }

  func task(
    overlap: Int = 1, order: QueueOrder = .import, lease: Int = 60,
    questions: Questions = .standard, slug: String = "helpfulness"
  ) async throws -> LabelTask {
    try await store.saveTask(
      TaskDefinition(
        slug: slug, overlap: overlap, leaseSeconds: lease, order: order, questions: questions),
      guidelines: "Rank by helpfulness.", seed: 42)
  }

  func labeller(_ name: String) async throws -> PersonID {
    try await store.addPerson(named: name, role: .labeller).id
  }

  @discardableResult
  func fill(_ task: LabelTask, prompts: Int, responses: Int = 4) async throws -> ImportReport {
    try await load(
      task,
      (1...prompts).map { number in
        PromptRecord(
          id: "q\(number)", prompt: "Question \(number)?",
          responses: (0..<responses).map { .init(text: "Answer \($0) to \(number)") })
      })
  }

  @discardableResult
  func load(
    _ task: LabelTask, _ records: [PromptRecord], mode: ImportMode = .allOrNothing
  ) async throws -> ImportReport {
    let text = records.map { CanonicalJSON.text($0.json) }.joined(separator: "\n")
    return try await load(task, text: text, mode: mode)
  }

  @discardableResult
  func load(
    _ task: LabelTask, text: String, mode: ImportMode = .allOrNothing
  ) async throws -> ImportReport {
    var parser = JSONLinesParser(PromptRecord.self)
    var rows: [JSONLinesParser<PromptRecord>.Row] = []
    parser.feed(Array(text.utf8)) { rows.append($0) }
    parser.finish { rows.append($0) }
    return try await store.importPrompts(rows, into: task.id, mode: mode)
  }

  /// Random uncertainties for some of a task's prompts.
  func uncertainty(of task: LabelTask, seed: UInt64) async throws -> [String: Double] {
    var random = RandomStream(seed: seed, .tests)
    return try await store.prompts(of: task.id).reduce(into: [:]) { values, prompt in
      if random.below(2) == 0 { values[prompt.name] = Double(random.below(5)) / 4 }
    }
  }

  func sql(_ sql: String, _ arguments: StatementArguments = []) async throws {
    try await store.pool.write { try $0.execute(sql: sql, arguments: arguments) }
  }

  func count(_ sql: String) async throws -> Int {
    try await store.pool.read { try Int.fetchOne($0, sql: sql) ?? -1 }
  }
}

final class Clock: Sendable {
  private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
  var now: Date { time.withLock { $0 } }
  func pass(_ seconds: Double) { time.withLock { $0 += seconds } }
}

extension JudgementForm {
  /// Ranks all answers as they were shown.
  static func inOrder(_ assignment: Assignment) -> JudgementForm {
    JudgementForm(ranking: assignment.keys.map { [$0] })
  }
}
