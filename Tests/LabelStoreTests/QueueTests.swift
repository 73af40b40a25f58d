import Foundation
import Foundations
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("The store's queue follows the rule")
struct QueueTests {
  @Test(
    "What is claimed is what the pure rule names",
    arguments: QueueOrder.allCases, [1, 2, 3])
  func sameAsRule(order: QueueOrder, overlap: Int) async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: overlap, order: order)
    try await workshop.fill(task, prompts: 12, responses: 2)
    try await workshop.store.setUncertainty(
      try await workshop.uncertainty(of: task, seed: 5), of: task.id)
    var people: [PersonID] = []
    for name in ["Ana", "Ben", "Cem"] { people.append(try await workshop.labeller(name)) }
    var random = RandomStream(seed: 9, .tests)

    for _ in 0..<(12 * overlap + 6) {
      let person = people[random.below(3)]
      let expected = order.next(among: try await Self.candidates(workshop, order, for: person))
      let held = try await workshop.store.claimNextPrompt(of: task.id, for: person)
      let position = try await held.asyncMap {
        try await workshop.store.prompt($0.promptID).prompt.position
      }
      #expect(position == expected?.position)
      guard let held else { continue }
      if random.below(6) == 0 {
        try await workshop.store.skipPrompt(held.id, of: person, reason: "")
      } else {
        try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: person)
      }
    }
  }

  @Test("A task whose order becomes random gives its prompts shuffled, later ones too")
  func becomesRandom() async throws {
    let workshop = try Workshop()
    try await workshop.fill(try await workshop.task(), prompts: 10, responses: 2)
    let task = try await workshop.task(order: .random)
    try await workshop.load(
      task,
      (11...16).map {
        PromptRecord(
          id: "q\($0)", prompt: "?\($0)", responses: [.init(text: "a"), .init(text: "b")])
      })
    let ana = try await workshop.labeller("Ana")

    var given: [String] = []
    while let held = try await workshop.store.claimNextPrompt(of: task.id, for: ana) {
      given.append(try await workshop.store.prompt(held.promptID).prompt.name)
      try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    }

    let shuffled = try await workshop.store.pool.read {
      try String.fetchAll($0, sql: "SELECT name FROM prompt ORDER BY shuffle")
    }
    #expect(given == shuffled && given.count == 16)
  }

  @Test("However often the writer forgets, a labeller's place in the store moves on")
  func cursorMoves() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 2)
    try await workshop.fill(task, prompts: 5, responses: 2)
    let ana = try await workshop.labeller("Ana")

    for number in 1...5 {
      let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
      try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)
      // What an admin writes makes it forget.
      _ = try await workshop.labeller("Labeller \(number)")
    }

    let place = try await workshop.store.pool.read {
      try Int.fetchOne(
        $0, sql: "SELECT position FROM claimCursor WHERE personId = ?", arguments: [ana])
    }
    #expect(place == 5)
  }

  static func candidates(
    _ workshop: Workshop, _ order: QueueOrder, for person: PersonID
  ) async throws -> [QueueCandidate] {
    try await workshop.store.pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT prompt.*, EXISTS (SELECT 1 FROM assignment
            WHERE promptId = prompt.id AND labellerId = ?) AS isDone FROM prompt
          """, arguments: [person]
      ).map { row in
        QueueCandidate(
          position: row["position"], shuffle: row["shuffle"], slotsTaken: row["slotsTaken"],
          overlap: row["judgementTarget"], responses: row["responseCount"],
          priority: order == .disagreement
            ? row["disagreement"] : order == .uncertainty ? row["uncertainty"] : 0,
          isDone: row["isDone"])
      }
    }
  }
}

extension Optional {
  func asyncMap<Value>(_ body: (Wrapped) async throws -> Value) async rethrows -> Value? {
    guard let value = self else { return nil }
    return try await body(value)
  }
}
