import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Writing in groups")
struct GroupWriterTests {
  private struct Refusal: Error {}

  @Test("Of many writes at once, those that fail leave nothing and the others stay")
  func isolation() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let store = workshop.store

    let outcomes = try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
      for number in 0..<200 {
        group.addTask {
          do {
            try await store.writeInGroup { db, _ in
              try db.execute(
                sql: "INSERT INTO person (name, role, createdAt) VALUES (?, 'labeller', 0)",
                arguments: ["person \(number)"])
              if number.isMultiple(of: 7) { throw Refusal() }
              if number.isMultiple(of: 11) {
                try db.execute(
                  sql: "UPDATE task SET overlap = 0 WHERE id = ?", arguments: [task.id])
              }
            }
            return (number, true)
          } catch {
            return (number, false)
          }
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }

    let names = Set(try await store.people().map(\.name))
    for number in 0..<200 {
      let succeeds = !number.isMultiple(of: 7) && !number.isMultiple(of: 11)
      #expect(outcomes[number] == succeeds)
      #expect(names.contains("person \(number)") == succeeds, "person \(number)")
    }
  }

  @Test("Leases that a failed request ended are ended again by the next of its group")
  func expiryIsNotLost() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 1, lease: 60)
    try await workshop.fill(task, prompts: 1)
    let ana = try await workshop.labeller("Ana")
    let ben = try await workshop.labeller("Ben")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    workshop.pass(seconds: 61)
    let store = workshop.store

    // While the writer is held up, the two requests gather to one group, in this order.
    let holdUp = Task { try await store.writeInGroup { _, _ in _ = usleep(300_000) } }
    try await Task.sleep(for: .milliseconds(50))
    let later = held.leaseExpiresAt.addingTimeInterval(1)
    let failing = Task {
      try await store.writeInGroup { db, cache in
        try cache.expireOverdue(db, at: Int64(later.timeIntervalSince1970 * 1000))
        throw Refusal()
      }
    }
    try await Task.sleep(for: .milliseconds(50))
    let taken = try await store.claimNextPrompt(of: task.id, for: ben)

    try await holdUp.value
    await #expect(throws: Refusal.self) { try await failing.value }
    #expect(taken?.promptID == held.promptID)
  }

  @Test("A cancelled write is not made, and says so")
  func cancellation() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let write = Task {
      try await store.writeInGroup { db, _ in
        try db.execute(sql: "INSERT INTO person (name, role, createdAt) VALUES ('x', 'admin', 0)")
      }
    }
    write.cancel()
    let outcome = await write.result

    let people = try await store.people()
    if case .failure(let error) = outcome {
      #expect(error is CancellationError && people.isEmpty)
    } else {
      // The write was through before it was cancelled.
      #expect(people.count == 1)
    }
  }

  @Test("What admins change is heeded by the next claim, also when another process did it")
  func memory() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task(overlap: 1)
    try await workshop.fill(task, prompts: 2)
    let ana = try await workshop.labeller("Ana")
    let ben = try await workshop.labeller("Ben")
    try await workshop.store.addAPIToken(named: "a", tokenHash: "hash", person: ana)
    #expect(try await workshop.store.person(apiTokenHash: "hash")?.id == ana)
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    let other = try LabelStore.open(path: workshop.store.path)

    try await other.change(ana, .disabled, by: nil)

    await #expect(throws: LabelStoreError.personDisabled("Ana")) {
      try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    }
    #expect(try await workshop.store.person(apiTokenHash: "hash") == nil)
    try await other.archiveTask(task.id)
    await #expect(throws: LabelStoreError.taskArchived(task.slug)) {
      try await workshop.store.claimNextPrompt(of: task.id, for: ben)
    }
    #expect(try await workshop.store.verify().problems == [])
    try other.close()
  }
}
