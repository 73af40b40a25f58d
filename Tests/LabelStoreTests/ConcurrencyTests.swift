import Foundation
import Foundations
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Many labellers at once")
struct ConcurrencyTests {
  @Test(
    "Every prompt ends with exactly its overlap, and no labeller judges one twice",
    arguments: [(1, QueueOrder.fewest), (3, .fewest), (3, .random), (1, .import)])
  func exact(overlap: Int, order: QueueOrder) async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: overlap, order: order, lease: 60)
    let promptCount = 40
    try await workshop.fill(task, prompts: promptCount, responses: 3)
    var people: [PersonID] = []
    for number in 0..<16 { people.append(try await workshop.labeller("Labeller \(number)")) }

    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, person) in people.enumerated() {
        group.addTask {
          try await Self.work(workshop, task, person, seed: UInt64(index))
        }
      }
      try await group.waitForAll()
    }
    // Leases that were dropped at the end run out, and someone takes up what is left.
    workshop.pass(seconds: 61)
    for person in people { try await Self.finish(workshop, task, person) }

    let store = workshop.store
    let progress = try await store.progress(of: task.id)
    #expect(progress.complete == promptCount)
    #expect(progress.judgements == promptCount * overlap)
    #expect(
      try await workshop.count("SELECT count(*) FROM prompt WHERE judged <> \(overlap)") == 0)
    #expect(
      try await workshop.count(
        """
        SELECT count(*) FROM (SELECT 1 FROM assignment WHERE state = 'submitted'
          GROUP BY promptId, labellerId HAVING count(*) > 1)
        """) == 0)
    #expect(try await store.verify().problems == [])
    for person in people {
      #expect(try await store.claimNextPrompt(of: task.id, for: person) == nil)
    }
  }

  @Test(
    "64 labellers at once over a thousand and more prompts: exactly the overlap, nobody twice",
    arguments: [(1, 2000), (3, 1000)])
  func crowd(overlap: Int, promptCount: Int) async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: overlap, order: .fewest, lease: 60)
    try await workshop.fill(task, prompts: promptCount, responses: 2)
    var people: [PersonID] = []
    for number in 0..<64 { people.append(try await workshop.labeller("Labeller \(number)")) }

    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, person) in people.enumerated() {
        group.addTask { try await Self.work(workshop, task, person, seed: UInt64(index)) }
      }
      try await group.waitForAll()
    }
    workshop.pass(seconds: 61)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for person in people { group.addTask { try await Self.finish(workshop, task, person) } }
      try await group.waitForAll()
    }

    #expect(
      try await workshop.count("SELECT count(*) FROM prompt WHERE judged = \(overlap)")
        == promptCount)
    #expect(
      try await workshop.count("SELECT count(*) FROM assignment WHERE state = 'submitted'")
        == promptCount * overlap)
    #expect(
      try await workshop.count(
        """
        SELECT count(*) FROM (SELECT 1 FROM assignment WHERE state = 'submitted'
          GROUP BY promptId, labellerId HAVING count(*) > 1)
        """) == 0)
    #expect(try await workshop.store.verify().problems == [])
  }

  /// Claims and submits, drops some leases, lets time pass, and sends some judgements twice.
  static func work(
    _ workshop: Workshop, _ task: LabelTask, _ person: PersonID, seed: UInt64
  ) async throws {
    var random = RandomStream(seed: seed, .tests)
    for _ in 0..<30 {
      guard
        let held = try await workshop.store.claimNextPrompt(of: task.id, for: person)
      else { return }
      switch random.below(8) {
      case 0:
        try await ignoringLostLease { try await workshop.store.giveBack(held.id, of: person) }
      case 1:
        workshop.pass(seconds: 20)
      default:
        for _ in 0...random.below(2) {
          try await ignoringLostLease {
            _ = try await workshop.store.submitJudgement(
              .inOrder(held), for: held.id, by: person)
          }
        }
      }
    }
  }

  static func finish(
    _ workshop: Workshop, _ task: LabelTask, _ person: PersonID
  ) async throws {
    while let held = try await workshop.store.claimNextPrompt(of: task.id, for: person) {
      try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: person)
    }
  }

  /// Others move the clock, so a lease may be lost between its claim and its use.
  static func ignoringLostLease(_ body: () async throws -> Void) async throws {
    do { try await body() } catch LabelStoreError.leaseExpired {}
  }
}
