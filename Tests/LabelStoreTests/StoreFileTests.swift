import Foundation
import GRDB
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

  /// Writes a file with `sql` and tries to restore it; returns the error and what is left behind.
  private static func restoring(
    _ workshop: Workshop, _ sql: String, from source: String? = nil
  ) async throws -> (reason: String, left: [String]) {
    let path = workshop.folder + "/given.sqlite"
    if let source { try FileManager.default.copyItem(atPath: source, toPath: path) }
    let queue = try DatabaseQueue(path: path)
    try await queue.write { try $0.execute(sql: sql) }
    try queue.close()
    return await restoring(path, in: workshop.folder + "/there")
  }

  private static func restoring(
    _ path: String, in folder: String
  ) async -> (reason: String, left: [String]) {
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var reason = "restored"
    do {
      try await LabelStore.restore(from: path, to: folder + "/plumbline.sqlite")
    } catch {
      reason = "\(error)"
    }
    let left = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return (reason, left)
  }

  @Test("An empty file and another program's database are no backups", arguments: [0, 1, 4096])
  func emptyFile(size: Int) async throws {
    let workshop = try Workshop()
    let path = workshop.folder + "/empty.sqlite"
    try Data(count: size).write(to: URL(filePath: path))

    let empty = await Self.restoring(path, in: workshop.folder + "/there")
    #expect(empty.reason.contains("Cannot open the store \(path)"), "\(empty.reason)")
    #expect(empty.left == [])

    let foreign = try await Self.restoring(workshop, "CREATE TABLE notes (x)")
    #expect(foreign.reason.contains("it is not a store of Plumbline"))
    #expect(foreign.left == [])
  }

  @Test("A store without people is no backup, and a foreign trigger or a changed row is refused")
  func refused() async throws {
    let workshop = try Workshop()
    let backup = workshop.folder + "/backup.sqlite"
    try await workshop.store.backUp(to: backup)
    let nobody = try await Self.restoring(workshop, "SELECT 1", from: backup)
    #expect(nobody.reason.contains("nobody is in it"))
    #expect(nobody.left == [])

    let peopled = try Workshop()
    _ = try await peopled.labeller("Ana")
    let good = peopled.folder + "/backup.sqlite"
    try await peopled.store.backUp(to: good)
    let poisoned = try await Self.restoring(
      peopled,
      """
      CREATE TRIGGER poison AFTER INSERT ON judgement BEGIN
        UPDATE person SET role = 'admin';
      END
      """, from: good)
    #expect(poisoned.reason.contains("The trigger poison is foreign"))
    #expect(poisoned.left == [])

    let changed = try Workshop()
    _ = try await changed.labeller("Ana")
    let other = changed.folder + "/backup.sqlite"
    try await changed.store.backUp(to: other)
    let promoted = try await Self.restoring(
      changed, "UPDATE person SET role = 'admin'", from: other)
    #expect(promoted.reason.contains("The person 1 differs from the event log: role"))
    #expect(promoted.left == [])
  }

  @Test("Restored, the store is one file, with what was in the log beside the copy")
  func restoredAlone() async throws {
    let workshop = try Workshop()
    _ = try await workshop.labeller("Ana")
    // As a plain copy of the files has them: the row is in the log alone.
    let copy = workshop.folder + "/copy.sqlite"
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(
        atPath: workshop.store.path + suffix, toPath: copy + suffix)
    }

    let restored = await Self.restoring(copy, in: workshop.folder + "/there")

    #expect(restored.reason == "restored")
    #expect(restored.left == ["plumbline.sqlite"])
    let store = try LabelStore.open(path: workshop.folder + "/there/plumbline.sqlite")
    #expect(try await store.people().map(\.name) == ["Ana"])
    try store.close()
  }

  @Test("A backup names the head of its log, which a restore can be held against")
  func heads() async throws {
    let workshop = try Workshop()
    _ = try await workshop.labeller("Ana")
    let backup = workshop.folder + "/backup.sqlite"

    let head = try await workshop.store.backUp(to: backup)

    #expect(try await workshop.store.eventLogHead() == head)
    try await LabelStore.restore(
      from: backup, to: workshop.folder + "/restored.sqlite", expecting: [head])
    let other = String(repeating: "0", count: 64)
    await #expect(throws: LabelStoreError.self) {
      try await LabelStore.restore(
        from: backup, to: workshop.folder + "/other.sqlite", expecting: [other])
    }
  }

  @Test("Of eight backups to one name at once, one is made and the others are refused")
  func backupsAtOnce() async throws {
    let workshop = try Workshop()
    _ = try await workshop.labeller("Ana")
    let backup = workshop.folder + "/backup.sqlite"
    let store = workshop.store

    let made = await withTaskGroup(of: Bool.self) { group in
      for _ in 1...8 {
        group.addTask {
          do {
            try await store.backUp(to: backup)
            return true
          } catch LabelStoreError.fileExists {
            return false
          } catch {
            Issue.record("\(error)")
            return false
          }
        }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }

    #expect(made == 1)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: workshop.folder).filter {
        $0.hasPrefix("backup")
      } == ["backup.sqlite"])
    try await LabelStore.restore(from: backup, to: workshop.folder + "/restored.sqlite")
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
