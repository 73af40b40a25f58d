import Foundation
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("The file of the store")
struct StoreFileTests {
  @Test("A backup taken in use is restored whole, and never over another store")
  func backup() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 3)
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    let backup = workshop.folder + "/backup.sqlite"
    let restored = workshop.folder + "/restored.sqlite"

    try await workshop.store.backUp(to: backup)
    try await LabelStore.restore(from: backup, to: restored)

    let store = try LabelStore.open(path: restored)
    #expect(try await store.progress(of: task.id).judgements == 1)
    #expect(try await store.eventLogHead() == workshop.store.eventLogHead())
    try store.close()
    await #expect(throws: LabelStoreError.fileExists(backup)) {
      try await workshop.store.backUp(to: backup)
    }
    await #expect(throws: LabelStoreError.fileExists(restored)) {
      try await LabelStore.restore(from: backup, to: restored)
    }
  }

  @Test("What is no store is refused with a reason, and nothing is left behind")
  func notAStore() async throws {
    let workshop = try Workshop()
    let path = workshop.folder + "/text.sqlite"
    try Data(String(repeating: "not a database ", count: 500).utf8)
      .write(to: URL(filePath: path))
    #expect(throws: LabelStoreError.self) { try LabelStore.open(path: path) }
    await #expect(throws: LabelStoreError.self) {
      try await LabelStore.restore(from: path, to: workshop.folder + "/new.sqlite")
    }
    #expect(!FileManager.default.fileExists(atPath: workshop.folder + "/new.sqlite"))
    #expect(throws: LabelStoreError.self) { try LabelStore.open(path: "/nowhere/x.sqlite") }
  }

  @Test("What was acknowledged is there when the file is opened again")
  func reopened() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 1)

    let other = try LabelStore.open(path: workshop.store.path)

    #expect(try await other.task(slug: "helpfulness").id == task.id)
    #expect(try await other.verify().isSound)
    try other.close()
  }

  @Test("Files copied the moment a judgement was acknowledged hold it, as after a power cut")
  func crash() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 5)
    let ana = try await workshop.labeller("Ana")
    for acknowledged in 1...5 {
      let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
      try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)

      let path = workshop.folder + "/crashed-\(acknowledged).sqlite"
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(
          atPath: workshop.store.path + suffix, toPath: path + suffix)
      }

      let crashed = try LabelStore.open(path: path)
      #expect(try await crashed.progress(of: task.id).judgements == acknowledged)
      #expect(try await crashed.verify().problems == [])
      try crashed.close()
    }
  }
}
